"""The output of all benchmarks: tables on the terminal, JSON files and charts in ``benchmarks/results``."""
