"""The answers of ``POST /api/embed`` and ``POST /api/embeddings``."""

from dataclasses import dataclass

from service.api.compat.ollama.durations import Stopwatch, nanoseconds
from service.api.responses.vectors import JsonVector, json_vectors
from service.api.wire.response_model import ResponseModel
from service.tasks.embedding.embedder import Vectors
from service.tasks.encoding.request import Encoding


class OllamaEmbedResponse(ResponseModel):
    """The vectors, and durations in nanoseconds."""

    model: str
    embeddings: list[JsonVector]
    total_duration: int
    load_duration: int
    prompt_eval_count: int


class OllamaEmbeddingsResponse(ResponseModel):
    """One vector."""

    embedding: JsonVector


@dataclass(frozen=True, slots=True)
class OllamaEmbedWriter:
    """Writes the vectors. Implements ``Writer``."""

    model: str
    stopwatch: Stopwatch

    async def body(self, encoding: Encoding[Vectors]) -> OllamaEmbedResponse:
        vectors = await json_vectors(await encoding.result())
        total = self.stopwatch.seconds
        load = total - encoding.timings.total_seconds
        return OllamaEmbedResponse(
            self.model, vectors, nanoseconds(total), nanoseconds(load), encoding.usage.prompt_tokens
        )


class OllamaEmbeddingsWriter:
    """Writes the vector of one text. Implements ``Writer``."""

    async def body(self, encoding: Encoding[Vectors]) -> OllamaEmbeddingsResponse:
        [vector] = await json_vectors(await encoding.result())
        return OllamaEmbeddingsResponse(vector)


EXAMPLE = OllamaEmbedResponse("all-minilm-l6-v2", [[0.0123, -0.0421]], 14_000_000, 1_000_000, 10)
OLDER_EXAMPLE = OllamaEmbeddingsResponse([0.0123, -0.0421])
