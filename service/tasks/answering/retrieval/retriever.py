"""Ranks passages: BM25 chooses from all, an embedder orders the best with it, and a re-ranker decides at the end."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from service.tasks.answering.retrieval.bm25 import PassageIndex
from service.tasks.answering.scorer import PassageScorers, ScorePassages

_EMBEDDED = 64  # passages that the embedder compares with the question, at most
_RERANKED = 16  # passages that the re-ranker reads, at most
_FUSION = 60  # of reciprocal rank fusion (Cormack, Clarke and Büttcher, 2009)


@dataclass(frozen=True, slots=True)
class RankedPassages:
    """The indices of passages, the most relevant first.

    ``is_compared`` is false if no passage has a word of the question and no model compared them: then their order says
    nothing about their relevance.
    """

    indices: list[int]
    is_compared: bool


async def rank_passages(question: str, passages: Sequence[str], count: int, scorers: PassageScorers) -> RankedPassages:
    """The ``count`` most relevant passages; of equally relevant ones, the first.

    Passages with a word of the question that hardly any other passage has are among them, up to half of ``count``:
    what a question names is never left out because other passages have more of its usual words.
    """
    ranked, named = await asyncio.to_thread(_by_words, question, passages)
    if scorers.embedder is not None:
        ranked = await _embedded(question, passages, ranked, scorers.embedder)
    if scorers.reranker is not None:
        ranked = await _reranked(question, passages, ranked, scorers.reranker)
    return RankedPassages(_with_named(ranked.indices, named, count), ranked.is_compared)


def _by_words(question: str, passages: Sequence[str]) -> tuple[RankedPassages, list[int]]:
    """All passages by BM25, and the indices of those that the question names."""
    index = PassageIndex(passages)
    scores = index.scores(question)
    order = np.argsort(-scores, kind="stable").tolist()
    return RankedPassages(order, is_compared=bool(scores.any())), index.named(question)


async def _embedded(
    question: str, passages: Sequence[str], ranked: RankedPassages, embedder: ScorePassages
) -> RankedPassages:
    """The order after reciprocal rank fusion of its beginning with the embedder's order."""
    first, rest = ranked.indices[:_EMBEDDED], ranked.indices[_EMBEDDED:]
    scores = await embedder(question, [passages[index] for index in first])
    if scores is None:
        return ranked
    by_vectors = np.argsort(-np.asarray(scores), kind="stable").tolist()  # of the places in ``first``
    fused = [1 / (_FUSION + rank) if ranked.is_compared else 0.0 for rank in range(len(first))]
    for rank, place in enumerate(by_vectors):
        fused[place] += 1 / (_FUSION + rank)
    best = [first[place] for place in np.argsort(-np.asarray(fused), kind="stable")]
    return RankedPassages(best + rest, is_compared=True)


async def _reranked(
    question: str, passages: Sequence[str], ranked: RankedPassages, reranker: ScorePassages
) -> RankedPassages:
    first, rest = ranked.indices[:_RERANKED], ranked.indices[_RERANKED:]
    scores = await reranker(question, [passages[index] for index in first])
    if scores is None:
        return ranked
    best = [first[place] for place in np.argsort(-np.asarray(scores), kind="stable")]
    return RankedPassages(best + rest, is_compared=True)


def _with_named(order: list[int], named: list[int], count: int) -> list[int]:
    """The first ``count`` of the order; named passages that are not among them take the places of the last ones."""
    chosen, promised = order[:count], named[: max(count // 2, 1)]
    missing = [index for index in promised if index not in chosen]
    dropped = [index for index in reversed(chosen) if index not in promised][: len(missing)]
    return [index for index in chosen if index not in dropped] + missing
