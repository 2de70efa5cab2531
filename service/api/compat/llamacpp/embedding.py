"""The body and the answer of ``POST /embedding``."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.requests.examples import request_examples
from service.api.requests.fields import ModelName, RequestModel, TextOrTexts
from service.api.responses.vectors import JsonVector, json_vectors
from service.api.wire.response_model import ResponseModel
from service.tasks.embedding.embedder import Vectors
from service.tasks.encoding.request import Encoding


class LlamaEmbedRequest(RequestModel):
    """Texts to embed."""

    model: ModelName = None
    content: Annotated[TextOrTexts, Field(description="A text or a list of texts.")]
    embd_normalize: Annotated[Literal[2] | None, Field(description="Only 2: vectors of length 1.")] = None


class LlamaEmbedding(ResponseModel):
    """The vector of one text, in a list."""

    index: int
    embedding: list[JsonVector]


class EmbeddingWriter:
    """Writes the vectors. Implements ``Writer``."""

    async def body(self, encoding: Encoding[Vectors]) -> list[LlamaEmbedding]:
        vectors = await json_vectors(await encoding.result())
        return [LlamaEmbedding(index, [vector]) for index, vector in enumerate(vectors)]


EMBEDDING_EXAMPLES = request_examples(LlamaEmbedRequest, text={"content": "Two rivers meet near Arlen."})
EMBEDDING_EXAMPLE = [LlamaEmbedding(0, [[0.0123, -0.0421]])]
