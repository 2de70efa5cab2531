"""Compiled kernels for CPUs: one call computes a step of a Llama-like decoder over paged keys and values.

``kernels.cpp`` is the arithmetic, plain C++ with vector types and a C interface, without torch, Python or OpenMP.
``kernels.py`` finds it compiled for this processor, or compiles it once. Without it torch computes.
"""
