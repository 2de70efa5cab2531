"""``POST /api/embed`` and ``POST /api/embeddings``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.ollama.durations import Stopwatch
from service.api.compat.ollama.embed.request import (
    EXAMPLES,
    OLDER_EXAMPLES,
    OllamaEmbeddingsRequest,
    OllamaEmbedRequest,
)
from service.api.compat.ollama.embed.response import (
    EXAMPLE,
    OLDER_EXAMPLE,
    OllamaEmbeddingsWriter,
    OllamaEmbedWriter,
)
from service.api.compat.ollama.error_format import OllamaRoute
from service.api.compat.ollama.names import pick_model
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import queue_place
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions
from service.tasks.encoding.truncation import Truncation

router = APIRouter(tags=["ollama"], route_class=OllamaRoute, dependencies=[requires(Scope.EMBED)])


@router.post("/api/embed", summary="Embed texts, as Ollama does")
@openapi_responses(EXAMPLE)
async def embed(body: Annotated[OllamaEmbedRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """The vectors of texts, of length 1."""
    stopwatch = Stopwatch()
    call.check(body)
    check_texts("input", body.input, call.state.settings)
    truncation = Truncation.NONE if body.truncate is False else Truncation.END
    options = EmbeddingOptions(
        truncation=truncation, dimensions=body.dimensions, normalize=True, **queue_place(call.caller)
    )
    model = pick_model(call, body, Capability.EMBED)
    id = f"embd-{uuid4().hex}"
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare(body.input, options, request_id=id),
        OllamaEmbedWriter(model.name, stopwatch),
    )


@router.post("/api/embeddings", summary="Embed one text, in Ollama's older form")
@openapi_responses(OLDER_EXAMPLE)
async def embeddings(
    body: Annotated[OllamaEmbeddingsRequest, Body(openapi_examples=OLDER_EXAMPLES)], call: CurrentCall
) -> Response:
    """The vector of a text, of the length that the model gives it."""
    call.check(body)
    check_texts("prompt", [body.prompt], call.state.settings)
    options = EmbeddingOptions(truncation=Truncation.END, **queue_place(call.caller))
    model = pick_model(call, body, Capability.EMBED)
    id = f"embd-{uuid4().hex}"
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare([body.prompt], options, request_id=id, param="prompt"),
        OllamaEmbeddingsWriter(),
    )
