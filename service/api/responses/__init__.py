"""The parts that answers share: server-sent events, usage, timings and finish reasons."""
