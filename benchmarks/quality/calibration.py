"""Measures of how well probabilities agree with what happens."""

from collections.abc import Sequence
from statistics import mean

BINS = 10


def calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """The expected calibration error, with ten bins of equal width (Naeini, Cooper and Hauskrecht, 2015).

    Of each bin, this is the distance between the mean probability and the share of true outcomes; the bins are weighted
    by their sizes.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, outcome in zip(probabilities, outcomes, strict=True):
        bins.setdefault(min(int(probability * BINS), BINS - 1), []).append((probability, outcome))
    return sum(
        len(each) * abs(mean(p for p, _ in each) - mean(outcome for _, outcome in each)) for each in bins.values()
    ) / len(probabilities)


def area_under_curve(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    """The share of pairs of a true and a false outcome in which the true one has the higher probability.

    Equal probabilities count half. None if all outcomes are equal.
    """
    positive, negative = (
        [p for p, outcome in zip(probabilities, outcomes, strict=True) if outcome is wanted] for wanted in (True, False)
    )
    if not positive or not negative:
        return None
    wins = sum((high > low) + (high == low) / 2 for high in positive for low in negative)
    return wins / (len(positive) * len(negative))
