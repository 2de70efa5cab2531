"""Gives memory that a process has freed back to the operating system.

The C library keeps freed memory for later. Loading a model, or reading a tokenizer's file, needs much memory for a
short time: with 152,000 tokens, more than 80 MB would stay with a process that never needs so much again.
"""

import ctypes
import sys


def return_freed_memory() -> None:
    """Call it after work that is done once. It takes milliseconds; C libraries without ``malloc_trim`` do nothing."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(ctypes.c_size_t(0))
