"""The answer of the re-ranking routes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.api.compat.cohere.meta import ApiVersion, BilledUnits, InputTokens, Meta
from service.api.responses.usage import InputUsage
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.encoding.request import Encoding


class RerankedDocument(ResponseModel):
    """A document of the request."""

    text: str


class RerankResult(ResponseModel):
    """A document, by its index in the request, and its relevance."""

    index: int
    relevance_score: float
    document: RerankedDocument | UnsetType = UNSET


class RerankResponse(ResponseModel):
    """The most relevant documents, the best one first. ``usage`` is Jina's, ``meta`` is Cohere's."""

    id: str
    model: str
    results: list[RerankResult]
    usage: InputUsage
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankWriter:
    """Writes the answer. With ``documents`` the results hold them. Implements ``Writer``."""

    id: str
    model: str
    version: str
    top_n: int | None
    documents: Sequence[str] | None

    async def body(self, encoding: Encoding[NDArray[np.float32]]) -> RerankResponse:
        scores = await encoding.result()
        order = np.argsort(-scores, kind="stable")[: self.top_n].tolist()
        results = [RerankResult(index, float(scores[index]), self._document(index)) for index in order]
        return _response(self.id, self.model, results, InputUsage.from_usage(encoding.usage), self.version)

    def _document(self, index: int) -> RerankedDocument | UnsetType:
        return UNSET if self.documents is None else RerankedDocument(self.documents[index])


def _response(id: str, model: str, results: list[RerankResult], usage: InputUsage, version: str) -> RerankResponse:
    meta = Meta(ApiVersion(version), BilledUnits(search_units=1), InputTokens(usage.prompt_tokens))
    return RerankResponse(id, model, results, usage, meta)


EXAMPLE = _response(
    "rank-2c19",
    "ms-marco-minilm-l6-v2",
    [RerankResult(1, 0.98, RerankedDocument("The bridge was built in 1894."))],
    InputUsage(33, 33),
    "2",
)
