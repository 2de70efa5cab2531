"""Server processes: start them, watch them, and measure the CPU time that other processes use meanwhile.

Nothing here knows what is measured.
"""
