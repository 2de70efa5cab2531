"""Whether probabilities mean what they say."""

from collections.abc import Sequence
from statistics import mean

BINS = 10


def calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Expected calibration error: in each of ten equally wide bins, how far the mean probability is from the share of
    events, weighted by how many fall into the bin.
    """
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, outcome in zip(probabilities, outcomes, strict=True):
        bins.setdefault(min(int(probability * BINS), BINS - 1), []).append((probability, outcome))
    return sum(
        len(each) * abs(mean(p for p, _ in each) - mean(outcome for _, outcome in each)) for each in bins.values()
    ) / len(probabilities)


def area_under_curve(probabilities: Sequence[float], outcomes: Sequence[bool]) -> float | None:
    """How often an event got a higher probability than what was none; ties count half. None if either is missing."""
    events, others = (
        [p for p, o in zip(probabilities, outcomes, strict=True) if o is wanted] for wanted in (True, False)
    )
    if not events or not others:
        return None
    wins = sum((event > other) + (event == other) / 2 for event in events for other in others)
    return wins / (len(events) * len(others))
