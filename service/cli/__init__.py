"""The ``trivium`` command: one module for each subcommand. Parses arguments and prints; the work is done elsewhere."""
