"""``POST /v1/embeddings``."""

from collections.abc import Awaitable
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.openai.embeddings.request import EXAMPLES, EmbeddingsRequest
from service.api.openai.embeddings.response import EXAMPLE, EmbeddingsWriter
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import check_limit, queue_place
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions, Vectors
from service.tasks.encoding.request import PreparedEncoding
from service.tasks.encoding.truncation import Truncation

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.EMBED)])


@router.post("/v1/embeddings", summary="Embed texts")
@openapi_responses(EXAMPLE)
async def embeddings(
    body: Annotated[EmbeddingsRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall
) -> Response:
    """The vectors of texts, as sentence-transformers computes them with the model's own pooling and prompts.

    A text with more tokens than the model takes is refused, or cut with `truncate`. Tokens are taken as they are: they
    must be this model's, with its special tokens, and tokens of another tokenizer are refused.
    """
    call.check(body)
    texts, rows = body.texts, body.rows
    check_limit("input", len(rows), call.state.settings.max_inputs, "inputs")
    check_texts("input", texts, call.state.settings)
    options = _options(body, call)
    request_id = f"embd-{uuid4().hex}"
    model = call.model(body.model, Capability.EMBED)

    def prepare() -> Awaitable[PreparedEncoding[Vectors]]:
        embedder = model.task(Embedder)
        if rows:
            return embedder.prepare_tokens(rows, options, request_id=request_id)
        return embedder.prepare(texts, options, request_id=request_id)

    return await call.answer(
        model, prepare, EmbeddingsWriter(model=model.name, base64=body.encoding_format == "base64")
    )


def _options(body: EmbeddingsRequest, call: Call) -> EmbeddingOptions:
    cuts = bool(body.truncate) or body.truncate_prompt_tokens is not None
    return EmbeddingOptions(
        prompt_name=body.prompt_name,
        input_type=body.input_type,
        truncation=Truncation.END if cuts else Truncation.NONE,
        dimensions=body.dimensions,
        **queue_place(call.caller, body.priority),
    )
