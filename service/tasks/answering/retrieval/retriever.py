"""Ranks passages: BM25 chooses from all, an embedder orders the best with it, and a re-ranker decides at the end."""

import asyncio
from collections.abc import Sequence

import numpy as np

from service.tasks.answering.retrieval.bm25 import PassageIndex
from service.tasks.answering.scorer import PassageScorers

_EMBEDDED = 64  # passages that the embedder compares with the question, at most
_RERANKED = 16  # passages that the re-ranker reads, at most
_FUSION = 60  # of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)


async def rank_passages(question: str, passages: Sequence[str], count: int, scorers: PassageScorers) -> list[int]:
    """The indices of the ``count`` most relevant passages, best first; of equally relevant ones, the first.

    Passages with a word of the question that hardly any other passage has are among them, up to half of ``count``:
    what a question names is never left out because other passages have more of its usual words.
    """
    order, named = await asyncio.to_thread(_by_words, question, passages)
    if scorers.embedder is not None:
        order = await _embedded(question, passages, order, scorers)
    if scorers.reranker is not None:
        order = await _reranked(question, passages, order, scorers)
    return _with_named(order, named, count)


def _by_words(question: str, passages: Sequence[str]) -> tuple[list[int], list[int]]:
    index = PassageIndex(passages)
    return np.argsort(-index.scores(question), kind="stable").tolist(), index.named(question)


async def _embedded(question: str, passages: Sequence[str], order: list[int], scorers: PassageScorers) -> list[int]:
    """The order after reciprocal rank fusion of its beginning with the embedder's order."""
    assert scorers.embedder is not None
    first = order[:_EMBEDDED]
    scores = await scorers.embedder(question, [passages[index] for index in first])
    if scores is None:
        return order
    by_vectors = np.argsort(-np.asarray(scores), kind="stable").tolist()  # of the places in ``first``
    fused = [1 / (_FUSION + rank) for rank in range(len(first))]
    for rank, place in enumerate(by_vectors):
        fused[place] += 1 / (_FUSION + rank)
    return [first[place] for place in np.argsort(-np.asarray(fused), kind="stable")] + order[_EMBEDDED:]


async def _reranked(question: str, passages: Sequence[str], order: list[int], scorers: PassageScorers) -> list[int]:
    assert scorers.reranker is not None
    first = order[:_RERANKED]
    scores = await scorers.reranker(question, [passages[index] for index in first])
    if scores is None:
        return order
    return [first[place] for place in np.argsort(-np.asarray(scores), kind="stable")] + order[_RERANKED:]


def _with_named(order: list[int], named: list[int], count: int) -> list[int]:
    """The first ``count`` of the order; named passages that are not among them take the places of the last ones."""
    chosen, promised = order[:count], named[: max(count // 2, 1)]
    missing = [index for index in promised if index not in chosen]
    dropped = [index for index in reversed(chosen) if index not in promised][: len(missing)]
    return [index for index in chosen if index not in dropped] + missing
