"""Many replicas of the engine, simulated with the real scheduler: how a cluster would do, before it is bought."""
