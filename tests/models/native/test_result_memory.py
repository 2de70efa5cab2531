"""Memory of results is used again as soon as, and not before, nobody has the result."""

import torch

from service.models.native.result_memory import ResultMemory


def test_memory_is_lent_to_one_result_at_a_time() -> None:
    memory = ResultMemory()
    first = memory.empty(300, 2000)
    address = first.data_ptr()
    first.fill_(1)
    row = first[7]
    del first
    second = memory.empty(300, 2000)  # the row still needs the memory of the first result
    assert second.data_ptr() != address
    second.fill_(2)
    assert torch.equal(row, torch.ones(2000))
    address = second.data_ptr()
    del second
    third = memory.empty(250, 2000)  # a smaller one fits
    assert third.data_ptr() == address
    del third
    assert memory.empty(900, 2000).shape == (900, 2000)


def test_small_results_are_left_to_the_allocator() -> None:
    memory = ResultMemory()
    assert memory.empty(3, 5).shape == (3, 5)
    assert memory.empty(0, 5).shape == (0, 5)
