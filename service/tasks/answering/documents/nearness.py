"""Nearness: how close the question's words are to a span, which tells apart the spans of one sentence.

Each term of the question counts once, at its place that is nearest to the span, and for the less the farther away that
is: as in positional language models (Lv and Zhai, 2009), with exponential decay.
"""

import math

from service.tasks.answering.documents.relevance import Relevance
from service.tasks.answering.documents.terms import placed_terms

_DISTANCE = 30  # characters after which a term counts e times less


class Nearness:
    """The places of a question's terms in one text. The question's ``relevance`` weighs the terms."""

    def __init__(self, relevance: Relevance, text: str) -> None:
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._weights: dict[str, float] = {}
        for term, start, end in placed_terms(text):
            if weight := relevance.weight(term):
                self._weights[term] = weight
                self._places.setdefault(term, []).append((start, end))

    def score(self, first: int, last: int) -> float:
        """Between 0 and 1 for the span from ``first`` to ``last``, whose own words do not count."""
        total = 0.0
        for term, places in self._places.items():
            outside = [max(start - last, first - end) for start, end in places if end <= first or start >= last]
            if outside:
                total += self._weights[term] * math.exp(-min(outside) / _DISTANCE)
        return total
