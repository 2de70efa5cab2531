"""Similarity: how much several translations of one text are like each other."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

_ORDERS = range(1, 7)
_LONGEST = 400  # characters of a text that are compared: five such texts take 6 ms on the event loop


def mean_similarities(texts: Sequence[str]) -> list[float]:
    """For each text, the mean of its similarities to the others, from 0 to 1; 0 if there are no others."""
    if len(texts) == 1:
        return [0.0]
    grams = [_ngrams(text) for text in texts]
    sums = [0.0] * len(texts)
    for i, j in combinations(range(len(texts)), 2):
        similarity = _similarity(grams[i], grams[j])
        sums[i] += similarity
        sums[j] += similarity
    return [total / (len(texts) - 1) for total in sums]


def _similarity(one: list[Counter[str]], other: list[Counter[str]]) -> float:
    """The shared n-grams of characters, as chrF counts them (Popović, 2015), with equal weight for both texts."""
    scores = [
        2 * (a & b).total() / (a.total() + b.total()) for a, b in zip(one, other, strict=True) if a.total() + b.total()
    ]
    return sum(scores) / len(scores) if scores else 1.0


def _ngrams(text: str) -> list[Counter[str]]:
    """The n-grams of a text without its white space, by their length."""
    characters = "".join(text.split())[:_LONGEST]
    return [Counter(characters[i : i + n] for i in range(len(characters) - n + 1)) for n in _ORDERS]
