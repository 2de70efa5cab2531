"""The clock of nested parts."""

import time
from collections.abc import Iterator

import pytest

from benchmarks.engine.clock import PartClock


@pytest.fixture
def times(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The readings of the system's clock, in nanoseconds, to be filled by the test."""
    readings: list[int] = []

    def read() -> Iterator[int]:
        while True:
            yield readings.pop(0)

    monkeypatch.setattr(time, "perf_counter_ns", read().__next__)
    return readings


def test_a_part_does_not_include_the_parts_inside_of_it(times: list[int]) -> None:
    times += [0, 10, 13, 20, 24, 100]
    clock = PartClock()
    clock.begin("outer")
    for _ in range(2):
        clock.begin("inner")
        clock.end()
    clock.end()
    assert clock.nanoseconds == {"outer": 93, "inner": 7}


def test_a_timed_function_counts_even_if_it_raises(times: list[int]) -> None:
    times += [0, 5, 5, 9]

    def half(number: int) -> float:
        return 1 / number

    clock = PartClock()
    timed = clock.timed("half", half)
    assert timed(2) == 0.5
    with pytest.raises(ZeroDivisionError):
        timed(number=0)
    assert clock.nanoseconds == {"half": 9}
