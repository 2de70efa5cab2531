"""``POST /v1/embed`` and ``POST /v2/embed``: embeddings as Cohere's clients ask for them."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.compat.cohere.embed.request import EXAMPLES, CohereEmbedRequest
from service.api.compat.cohere.embed.response import EXAMPLE, EXAMPLE_FLOATS, EmbedWriter
from service.api.compat.cohere.error_format import CohereRoute
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import queue_place
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions
from service.tasks.encoding.truncation import Truncation

router = APIRouter(tags=["cohere"], route_class=CohereRoute, dependencies=[requires(Scope.EMBED)])

SUMMARY = "Embed texts, as Cohere does"

EmbedBody = Annotated[CohereEmbedRequest, Body(openapi_examples=EXAMPLES)]


@router.post("/v1/embed", summary=SUMMARY)
@openapi_responses(EXAMPLE_FLOATS, EXAMPLE)
async def embed(body: EmbedBody, call: CurrentCall) -> Response:
    """The vectors of texts, as lists of numbers or by `embedding_types`."""
    return await _embed(body, call, version="1")


@router.post("/v2/embed", summary=SUMMARY)
@openapi_responses(EXAMPLE)
async def embed_v2(body: EmbedBody, call: CurrentCall) -> Response:
    """The vectors of texts, by `embedding_types`."""
    return await _embed(body, call, version="2")


async def _embed(body: CohereEmbedRequest, call: Call, *, version: str) -> Response:
    call.check(body)
    check_texts("texts", body.texts, call.state.settings)
    types = tuple(body.embedding_types or (("float",) if version == "2" else ()))
    options = EmbeddingOptions(
        input_type=body.input_type,
        truncation=Truncation((body.truncate or "END").lower()),
        max_tokens=body.max_tokens,
        dimensions=body.output_dimension,
        **queue_place(call.caller, body.priority),
    )
    request_id = f"embd-{uuid4().hex}"
    model = call.model(body.model, Capability.EMBED)
    return await call.answer(
        model,
        lambda: model.task(Embedder).prepare(body.texts, options, request_id=request_id, param="texts"),
        EmbedWriter(id=request_id, version=version, texts=body.texts, types=types),
    )
