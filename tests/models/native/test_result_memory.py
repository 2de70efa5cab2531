"""Memory of results is used again as soon as, and not before, nobody has the result."""

import torch

from service.models.native.result_memory import ResultMemory


def test_memory_is_lent_to_one_result_at_a_time() -> None:
    memory = ResultMemory()
    first = memory.empty(300, 2000)
    row, begin = first[7], first.data_ptr()
    row.fill_(1)
    del first
    second = memory.empty(300, 2000)  # the row still needs the memory of the first result
    assert second.data_ptr() != begin
    second.fill_(2)
    third = memory.empty(300, 2000)  # two are in use
    assert third.data_ptr() not in (begin, second.data_ptr())
    third.fill_(3)
    assert torch.equal(row, torch.ones(2000))
    addresses = {second.data_ptr(), third.data_ptr()}
    del second, third
    found = memory.empty(300, 2000), memory.empty(250, 2000)  # a smaller one fits
    assert {each.data_ptr() for each in found} == addresses
    del found
    assert memory.empty(900, 2000).shape == (900, 2000)


def test_small_results_are_left_to_the_allocator() -> None:
    memory = ResultMemory()
    assert memory.empty(3, 5).shape == (3, 5)
    assert memory.empty(0, 5).shape == (0, 5)
