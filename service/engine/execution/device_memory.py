"""The memory of the engine's device, as a measurement that is taken now and then."""

import time
from collections.abc import Callable
from typing import NamedTuple

import torch

_SECONDS = 1.0  # between two measurements: each is a call of the driver


class MemoryInUse(NamedTuple):
    """Bytes of a device: those that any process uses, and all."""

    used: int
    total: int


class DeviceMemory:
    """Measures the memory of a CUDA device, at most once a second."""

    def __init__(
        self,
        device: str,
        *,
        measure: Callable[[str], tuple[int, int]] = torch.cuda.mem_get_info,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``measure`` returns the free and the whole memory of a device, in bytes."""
        self._device = device
        self._measure = measure
        self._clock = clock
        self._due = clock()

    def read(self) -> MemoryInUse | None:
        """The memory in use now; None: it was measured less than a second ago."""
        now = self._clock()
        if now < self._due:
            return None
        self._due = now + _SECONDS
        free, total = self._measure(self._device)
        return MemoryInUse(total - free, total)
