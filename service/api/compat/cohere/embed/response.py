"""The answers of Cohere's embed routes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from service.api.compat.cohere.meta import ApiVersion, BilledUnits, InputTokens, Meta
from service.api.responses.vectors import JsonVector, json_vectors
from service.api.wire.response_model import UNSET, ResponseModel, UnsetType
from service.tasks.embedding.embedder import Vectors
from service.tasks.encoding.request import Encoding

EmbeddingType = Literal["float", "base64"]


class EmbedFloatsResponse(ResponseModel):
    """The vectors as lists of numbers, for requests that name no types."""

    response_type: Literal["embeddings_floats"]
    id: str
    embeddings: list[JsonVector]
    texts: list[str]
    meta: Meta


class EmbeddingsByType(ResponseModel, rename={"floats": "float"}):
    """The vectors in the types that the request names."""

    floats: list[JsonVector] | UnsetType = UNSET
    base64: list[JsonVector] | UnsetType = UNSET


class EmbedByTypeResponse(ResponseModel):
    """The vectors by their types."""

    response_type: Literal["embeddings_by_type"]
    id: str
    embeddings: EmbeddingsByType
    texts: list[str]
    meta: Meta


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedWriter:
    """Writes the answer: vectors by ``types``, or as lists of numbers if there are none. Implements ``Writer``."""

    id: str
    version: str
    texts: list[str]
    types: Sequence[EmbeddingType]

    async def body(self, encoding: Encoding[Vectors]) -> EmbedFloatsResponse | EmbedByTypeResponse:
        vectors = await encoding.result()
        meta = _meta(self.version, encoding.usage.prompt_tokens)
        if not self.types:
            floats = await json_vectors(vectors)
            return EmbedFloatsResponse("embeddings_floats", self.id, floats, self.texts, meta)
        by_type = EmbeddingsByType()
        if "float" in self.types:
            by_type.floats = await json_vectors(vectors)
        if "base64" in self.types:
            by_type.base64 = await json_vectors(vectors, base64=True)
        return EmbedByTypeResponse("embeddings_by_type", self.id, by_type, self.texts, meta)


def _meta(version: str, tokens: int) -> Meta:
    return Meta(ApiVersion(version), BilledUnits(input_tokens=tokens), InputTokens(tokens))


_TEXTS = ["Two rivers meet near Arlen."]
EXAMPLE = EmbedByTypeResponse(
    "embeddings_by_type", "embd-91ab", EmbeddingsByType(floats=[[0.0123, -0.0421]]), _TEXTS, _meta("2", 10)
)
EXAMPLE_FLOATS = EmbedFloatsResponse("embeddings_floats", "embd-91ab", [[0.0123, -0.0421]], _TEXTS, _meta("1", 10))
