"""Server processes: start them, watch them, and measure the CPU time of all other processes.

Nothing here imports a benchmark.
"""
