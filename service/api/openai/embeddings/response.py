"""The answer of ``POST /v1/embeddings``."""

from dataclasses import dataclass
from typing import Literal

from service.api.responses.usage import InputUsage
from service.api.responses.vectors import JsonVector, json_vectors
from service.api.wire.response_model import ResponseModel
from service.tasks.embedding.embedder import Vectors
from service.tasks.encoding.request import Encoding


class EmbeddingObject(ResponseModel):
    """The vector of one input: numbers, or in base64 the bytes of little-endian float32."""

    object: Literal["embedding"]
    index: int
    embedding: JsonVector


class EmbeddingsResponse(ResponseModel):
    """The vectors in the order of the inputs."""

    object: Literal["list"]
    data: list[EmbeddingObject]
    model: str
    usage: InputUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingsWriter:
    """Writes the answer. Implements ``Writer``."""

    model: str
    base64: bool

    async def body(self, encoding: Encoding[Vectors]) -> EmbeddingsResponse:
        vectors = await json_vectors(await encoding.result(), base64=self.base64)
        data = [EmbeddingObject("embedding", index, vector) for index, vector in enumerate(vectors)]
        return EmbeddingsResponse("list", data, self.model, InputUsage.from_usage(encoding.usage))


EXAMPLE = EmbeddingsResponse(
    "list", [EmbeddingObject("embedding", 0, [0.0123, -0.0421, 0.0077])], "all-minilm-l6-v2", InputUsage(9, 9)
)
