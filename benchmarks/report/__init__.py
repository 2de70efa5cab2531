"""The output of all benchmarks: tables on the terminal and JSON files in ``benchmarks/results``, with their statistics.

Nothing here imports a benchmark.
"""
