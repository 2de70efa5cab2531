"""Errors that torch raises inside a step, as the engine's own errors. Code that handles them needs no torch."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from service.errors import DeviceLost, OutOfMemory, first_line

# Some allocators and libraries raise a plain RuntimeError. Its message has one of these parts.
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "_ALLOC_FAILED", "std::bad_alloc")


@contextmanager
def as_engine_errors() -> Iterator[None]:
    """Raise OutOfMemory for a failed allocation, and DeviceLost for an error after which the device stays unusable.

    All other errors are raised as they are.
    """
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("the host has no memory") from error
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or any(part in str(error) for part in _NO_MEMORY):
            raise OutOfMemory(first_line(error)) from error
        if isinstance(error, torch.AcceleratorError):
            raise DeviceLost(first_line(error)) from error
        raise
