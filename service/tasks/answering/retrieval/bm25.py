"""BM25 over passages: whole words, their stems, and pairs of characters where a script does not separate words.

The index is bm25s's (Lù, 2024, "BM25S: orders of magnitude faster lexical search via eager sparse scoring"); the terms
are our own, since its tokenizer knows words between white space only. An index lives as long as its question.
"""

import logging
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from service.tasks.answering.documents.terms import index_terms

_RARE = 2  # a term that at most so many passages have names them


class PassageIndex:
    """The terms of passages."""

    def __init__(self, passages: Sequence[str]) -> None:
        self._count = len(passages)
        self._terms = [index_terms(passage) for passage in passages]
        self._vocabulary = frozenset(chain.from_iterable(self._terms))

    def scores(self, question: str) -> NDArray[np.float32]:
        """The BM25 score of each passage; 0 for a passage with none of the question's terms."""
        terms = self._vocabulary.intersection(index_terms(question))
        if not terms:
            return np.zeros(self._count, dtype=np.float32)
        import bm25s  # it imports SciPy, which a service without questions does not need

        logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG when it is imported
        index = bm25s.BM25(csc_backend="numpy")
        index.index(self._terms, show_progress=False)
        scores: NDArray[np.float32] = index.get_scores(sorted(terms))
        return scores

    def named(self, question: str) -> list[int]:
        """The passages that have terms of the question which hardly any other has, those of most such terms first."""
        holders: dict[str, list[int]] = {term: [] for term in self._vocabulary.intersection(index_terms(question))}
        for number, terms in enumerate(self._terms):
            for term in set(terms) & holders.keys():
                holders[term].append(number)
        counts = [0] * self._count
        for numbers in holders.values():
            if len(numbers) <= _RARE:
                for number in numbers:
                    counts[number] += 1
        return sorted((number for number in range(self._count) if counts[number]), key=lambda each: -counts[each])
