"""``POST /v1/rerank``, ``POST /v2/rerank`` and ``POST /rerank``: re-ranking as Cohere and Jina do it."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.compat.cohere.error_format import CohereRoute
from service.api.compat.cohere.rerank.request import EXAMPLES, RerankRequest
from service.api.compat.cohere.rerank.response import EXAMPLE, RerankWriter
from service.api.openapi.responses import openapi_responses
from service.api.requests.encoder_texts import check_length
from service.api.requests.options import check_limit, queue_place
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.reranking.reranker import Reranker, RerankingOptions

router = APIRouter(tags=["cohere"], route_class=CohereRoute, dependencies=[requires(Scope.RERANK)])

SUMMARY = "Order documents by their relevance to a query"

RerankBody = Annotated[RerankRequest, Body(openapi_examples=EXAMPLES)]


@router.post("/v1/rerank", summary=SUMMARY)
@router.post("/rerank", summary=SUMMARY)
@openapi_responses(EXAMPLE)
async def rerank(body: RerankBody, call: CurrentCall) -> Response:
    """The relevance of each document as the cross-encoder scores it: from 0 to 1, unless its files name another range.

    A document with more tokens than the model takes beside the query is cut at its end.
    """
    return await _rerank(body, call, version="1")


@router.post("/v2/rerank", summary=SUMMARY)
@openapi_responses(EXAMPLE)
async def rerank_v2(body: RerankBody, call: CurrentCall) -> Response:
    """The same as `/v1/rerank`."""
    return await _rerank(body, call, version="2")


async def _rerank(body: RerankRequest, call: Call, *, version: str) -> Response:
    call.check(body)
    settings = call.state.settings
    check_limit("documents", len(body.documents), settings.max_rerank_documents, "documents")
    check_length("documents", body.documents, settings)
    check_length("query", [body.query], settings)
    model = call.model(body.model, Capability.RERANK)
    options = RerankingOptions(max_tokens_per_text=body.max_tokens_per_doc, **queue_place(call.caller, body.priority))
    request_id = f"rank-{uuid4().hex}"
    pairs = [(body.query, document) for document in body.documents]
    writer = RerankWriter(
        id=request_id,
        model=model.name,
        version=version,
        top_n=body.top_n,
        documents=body.documents if body.return_documents else None,
    )
    return await call.answer(
        model,
        lambda: model.task(Reranker).prepare(pairs, options, request_id=request_id, param="documents"),
        writer,
    )
