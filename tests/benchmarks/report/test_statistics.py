"""The statistics that several benchmarks need."""

from dataclasses import dataclass

import pytest

from benchmarks.report.statistics import (
    common_prefix_length,
    evenly_spaced,
    median_of_known,
    percentile,
    quiet_ones,
)


@dataclass(frozen=True)
class Measurement:
    noise: float


def test_percentiles_are_of_nearest_rank_in_milliseconds() -> None:
    seconds = [number / 1000 for number in range(100, 0, -1)]
    assert [percentile(seconds, percent) for percent in (1, 50, 99, 100)] == pytest.approx([1, 50, 99, 100])
    assert percentile([], 50) is None


def test_the_median_ignores_unknown_values() -> None:
    assert median_of_known([None, 3.0, 1.0, None, 2.0]) == 2.0
    assert median_of_known([None]) is None


def test_all_measurements_count_if_none_is_quiet() -> None:
    quiet, loud = Measurement(0.1), Measurement(0.9)
    assert quiet_ones([loud, quiet], 0.1) == [quiet]
    assert quiet_ones([loud], 0.1) == [loud]


def test_the_common_prefix_ends_at_the_first_difference() -> None:
    assert common_prefix_length([1, 2, 3], [1, 2, 4]) == 2
    assert common_prefix_length([1, 2], [1, 2, 3]) == 2
    assert common_prefix_length([2], [1, 2]) == 0


def test_items_are_taken_at_equal_distances() -> None:
    assert evenly_spaced(range(10), 3) == [0, 3, 6]
    assert evenly_spaced("ab", 3) == ["a", "b"]
    assert evenly_spaced([], 3) == []
