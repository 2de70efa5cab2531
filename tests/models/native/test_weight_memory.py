"""Memory for packed weights: parts of regions that begin where huge pages begin."""

import gc
import os
from pathlib import Path

import pytest

from service.models.native.weight_memory import _HUGE_PAGE_BYTES, _REGION_BYTES, WeightMemory


def test_parts_do_not_overlap_and_begin_on_cache_lines() -> None:
    memory = WeightMemory()
    parts = [memory.allocate(size) for size in (1, 127, 128, 129, _REGION_BYTES, 5, 3 * _REGION_BYTES, 7)]
    for number, part in enumerate(parts):
        part.fill_(number)
    assert [part.unique().tolist() for part in parts] == [[number] for number in range(len(parts))]
    assert all(part.data_ptr() % 128 == 0 for part in parts)
    assert parts[1].data_ptr() - parts[0].data_ptr() == 128


def test_a_region_begins_where_a_huge_page_begins() -> None:
    assert WeightMemory().allocate(1).data_ptr() % _HUGE_PAGE_BYTES == 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the memory of a process from Linux")
def test_memory_that_is_not_written_costs_nothing_and_all_is_given_back() -> None:
    def pages() -> tuple[int, int]:
        gc.collect()
        virtual, resident = Path("/proc/self/statm").read_text().split()[:2]
        return int(virtual), int(resident)

    page = os.sysconf("SC_PAGE_SIZE")
    sizes = [256 << 20, 256 << 20]
    before = pages()
    memory = WeightMemory()
    parts = [memory.allocate(size) for size in sizes]
    held = pages()
    assert held[0] - before[0] >= sum(sizes) // page
    assert held[1] - before[1] < (64 << 20) // page
    del memory, parts
    assert pages()[0] - before[0] < (64 << 20) // page
