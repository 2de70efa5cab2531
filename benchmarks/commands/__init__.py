"""The subcommands of ``python -m benchmarks``: their arguments. Each imports its benchmark only when it runs."""
