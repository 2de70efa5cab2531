"""Compiled kernels for CPUs: one call computes a step of a Llama-like decoder over a paged KV cache.

The arithmetic is C++ with a C interface in ``source/``, without torch, Python or OpenMP. ``kernels`` loads or compiles
it, ``packer`` packs weights for it, and ``decoder`` calls it. Nothing here imports the engine.
"""
