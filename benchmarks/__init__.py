"""Measurements of Trivium on this machine: ``python -m benchmarks --help``, or ``make bench``.

The packages ``commands``, ``report`` and ``processes`` serve all benchmarks. Each other package is one benchmark; its
entry point is the module ``benchmark``.
"""
