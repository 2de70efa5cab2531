"""The subcommands of ``python -m benchmarks``: their arguments. What they measure is imported when they run."""
