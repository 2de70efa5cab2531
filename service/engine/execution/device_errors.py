"""What torch raises inside a step, as the engine's own errors: who handles them needs no torch."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from service.errors import DeviceLost, OutOfMemory, first_line

# Allocators and libraries have no type of their own for it.
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "_ALLOC_FAILED", "std::bad_alloc")


@contextmanager
def translated() -> Iterator[None]:
    """Raises OutOfMemory for a failed allocation, DeviceLost for an error that the device keeps, the rest as it is."""
    try:
        yield
    except MemoryError as error:
        raise OutOfMemory("the host has no memory") from error
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in _NO_MEMORY):
            raise OutOfMemory(first_line(error)) from error
        if isinstance(error, torch.AcceleratorError):
            raise DeviceLost(first_line(error)) from error
        raise
