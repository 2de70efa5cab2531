"""Statistics that several benchmarks need."""

from collections.abc import Iterable, Sequence
from itertools import takewhile
from statistics import median
from typing import Protocol, TypeVar


class Noisy(Protocol):
    """A measurement that knows how busy other processes kept the machine."""

    @property
    def noise(self) -> float:
        """Cores that other processes kept busy."""


M = TypeVar("M", bound=Noisy)
T = TypeVar("T")


def quiet_ones(measurements: Sequence[M], tolerance: float) -> Sequence[M]:
    """The measurements that count: those with at most ``tolerance`` busy cores, or all if there is none."""
    return [each for each in measurements if each.noise <= tolerance] or measurements


def median_of_known(values: Iterable[float | None]) -> float | None:
    """The median of the values that are not None; None if there is none."""
    known = [value for value in values if value is not None]
    return median(known) if known else None


def percentile(seconds: list[float], percent: int) -> float | None:
    """The percentile by nearest rank, in milliseconds; None for an empty list."""
    ordered = sorted(seconds)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] * 1000 if ordered else None


def common_prefix_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two outputs share before their first difference."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def evenly_spaced(items: Sequence[T], count: int) -> list[T]:
    """``count`` items at equal distances; all items if there are fewer."""
    count = min(count, len(items))
    return [items[number * len(items) // count] for number in range(count)]
