"""The vectors of texts by the served embedder, with which the benchmark ranks passages.

The embedder is asked in every language, also where the service would not ask it since its vocabulary lacks the script.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.client import QualityClient
from service.tasks.embedding.similarity import cosine

_AT_ONCE = 8  # texts of one request: all requests that are open must find room in the queue


class EmbeddedTexts:
    """Scores passages by the cosine of their vectors and the question's. Implements ``ScorePassages``."""

    def __init__(self, client: QualityClient, model: str, questions: Sequence[str], passages: Sequence[str]) -> None:
        """Ask ``model`` for the vectors of all questions and passages. Raises RuntimeError if a request fails."""
        self._questions = _vectors(client, model, questions, "query")
        self._passages = _vectors(client, model, passages, "passage")

    async def __call__(self, question: str, passages: Sequence[str]) -> Sequence[float]:
        """The scores of passages that are among those of the constructor."""
        vectors = np.stack([self._passages[passage] for passage in passages])
        scores = cosine(vectors, self._questions[question][None].repeat(len(vectors), axis=0))
        return [float(score) for score in scores]


def _vectors(
    client: QualityClient, model: str, texts: Sequence[str], input_type: str
) -> dict[str, NDArray[np.float32]]:
    distinct = list(dict.fromkeys(texts))
    parts = [distinct[first : first + _AT_ONCE] for first in range(0, len(distinct), _AT_ONCE)]
    options: dict[str, Any] = {"model": model, "input_type": input_type, "truncate": True}
    asked = client.post("/v1/embeddings", [{"input": part} | options for part in parts])
    if asked.errors:
        raise RuntimeError(f"{model}: {asked.errors[0]}")
    rows = [row["embedding"] for reply in asked.replies for row in reply.body["data"]]
    return dict(zip(distinct, np.asarray(rows, dtype=np.float32), strict=True))
