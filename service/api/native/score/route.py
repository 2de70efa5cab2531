"""``POST /v1/score`` and ``POST /score``, in vLLM's form."""

from collections.abc import Awaitable
from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall, Served
from service.api.errors import invalid
from service.api.native.score.request import EXAMPLES, ScoreRequest
from service.api.native.score.response import EXAMPLE, ScoreWriter
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_texts
from service.api.requests.options import queue_place
from service.errors import IncapableModel, ModelNotServed
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.embedding.embedder import Embedder, EmbeddingOptions, Scores
from service.tasks.encoding.request import PreparedEncoding
from service.tasks.encoding.truncation import Truncation
from service.tasks.reranking.reranker import Reranker, RerankingOptions

router = APIRouter(tags=["native"], dependencies=[requires(Scope.EMBED, Scope.RERANK)])

SUMMARY = "Score pairs of texts"


@router.post("/v1/score", summary=SUMMARY)
@router.post("/score", summary=SUMMARY)
@openapi_responses(EXAMPLE)
async def score(body: Annotated[ScoreRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """The scores of pairs of texts: from a cross-encoder its relevance, from an embedding model the cosine.

    `text_1` is paired with each text of `text_2`, or a list in `text_1` one by one.
    """
    call.check(body)
    check_texts("text_1", body.text_1, call.state.settings)
    check_texts("text_2", body.text_2, call.state.settings)
    model = _model(body.model, call)
    request_id = f"score-{uuid4().hex}"
    truncation = Truncation.NONE if body.truncate_prompt_tokens is None else Truncation.END
    place = queue_place(call.caller, body.priority)

    def prepare() -> Awaitable[PreparedEncoding[Scores]]:
        pairs = body.pairs
        if Capability.RERANK in model.capabilities:
            ranking = RerankingOptions(truncation=truncation, raw=body.use_activation is False, **place)
            return model.task(Reranker).prepare(pairs, ranking, request_id=request_id, param="text_2")
        if body.use_activation is False:
            raise invalid("use_activation", "use_activation: the cosine of an embedding model has no activation")
        options = EmbeddingOptions(truncation=truncation, **place)
        return model.task(Embedder).prepare_similarity(pairs, options, request_id=request_id, param="text_2")

    return await call.answer(model, prepare, ScoreWriter(id=request_id, model=model.name))


def _model(name: str | None, call: Call) -> Served:
    """The model of this name, which must re-rank or embed; without a name the default re-ranker, or else embedder.

    Raises ModelNotServed or IncapableModel.
    """
    try:
        return call.model(name, Capability.RERANK)
    except (IncapableModel, ModelNotServed):
        return call.model(name, Capability.EMBED)
