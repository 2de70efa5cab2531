"""Memory for packed weights, in huge pages where the system has them.

A step reads all weights once. In pages of 4 KiB the processor looks up 32,000 addresses for 128 MB, and prefetching
stops at the end of each page. Pages of 2 MiB make steps of few rows 1.3 times as fast.
"""

import contextlib
import mmap

import torch
from torch import Tensor

_REGION_BYTES = 32 << 20
_HUGE_PAGE_BYTES = 2 << 20
_ALIGNMENT = 128  # bytes: processors fetch cache lines of 64 bytes in pairs


class WeightMemory:
    """Hands out parts of large regions. A region is given back when the last of its parts is gone.

    The end of a region that no part uses costs addresses only, as the system gives memory to pages that are written.
    """

    def __init__(self) -> None:
        self._region = torch.empty(0, dtype=torch.uint8)
        self._used = 0

    def allocate(self, num_bytes: int) -> Tensor:
        """Memory of ``num_bytes`` as uint8, which has not been written yet."""
        if self._used + num_bytes > len(self._region):
            self._region, self._used = _make_region(max(num_bytes, _REGION_BYTES)), 0
        part = self._region[self._used : self._used + num_bytes]
        self._used += -(-num_bytes // _ALIGNMENT) * _ALIGNMENT
        return part


def ask_for_huge_pages(mapping: mmap.mmap) -> None:
    """Let the system back ``mapping`` with huge pages, if it has them."""
    if hasattr(mmap, "MADV_HUGEPAGE"):
        with contextlib.suppress(OSError):  # the system may have none
            mapping.madvise(mmap.MADV_HUGEPAGE)


def _make_region(num_bytes: int) -> Tensor:
    """A region that begins where a huge page begins."""
    mapping = mmap.mmap(-1, num_bytes + _HUGE_PAGE_BYTES, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    ask_for_huge_pages(mapping)
    region = torch.frombuffer(mapping, dtype=torch.uint8)
    begin = -region.data_ptr() % _HUGE_PAGE_BYTES
    return region[begin : begin + num_bytes]
