"""The interface to other served models that judge passages: embedders and re-rankers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class ScorePassages(Protocol):
    """Scores passages by their relevance to a question: higher is more relevant."""

    async def __call__(self, question: str, passages: Sequence[str]) -> Sequence[float] | None:
        """A score for each passage, or None if the model has no room for them now or cannot read the question."""


@dataclass(frozen=True, slots=True)
class PassageScorers:
    """The models that help to retrieve. Without them BM25 decides alone."""

    embedder: ScorePassages | None = None
    reranker: ScorePassages | None = None


BM25_ALONE = PassageScorers()
