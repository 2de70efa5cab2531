"""``POST /v1/answer``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.native.answer import response
from service.api.native.answer.request import EXAMPLES, AnswerRequest
from service.api.native.answer.scorers import passage_scorers
from service.api.openapi.responses import openapi_responses
from service.api.requests.options import check_limit
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.query import ContextDocument, Exchange, Query
from service.tasks.answering.scorer import BM25_ALONE

router = APIRouter(tags=["native"], dependencies=[requires(Scope.ANSWER)])


@router.post("/v1/answer", summary="Answer a question")
@openapi_responses(response.EXAMPLE, events=response.EXAMPLE_EVENTS)
async def answer(body: Annotated[AnswerRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Answer a question out of a `context` or `documents`, or without them from what the model knows.

    Extracted answers are literal: the document's text from `start` to `end`, in characters. `score` is the probability
    that the model gives to the answer among all spans that it may extract. `no_answer_probability` is the probability
    that the texts hold no answer; if it reaches `no_answer_threshold`, `answer` is empty and `answers` still has the
    best spans. Texts are read in windows. Of many, those are read that BM25 ranks first, together with the served
    embedder and re-ranker if there are any, and those that have a word of the question which hardly any other has.

    To generate an answer from documents, the service first extracts the best span. The model then writes the answer
    after a quotation of the sentence that holds the span. Its further quotations are dropped if they are not literally
    in a document, and counted in `dropped_citations`.

    With `history`, the question is written again before texts are chosen and read, and `question_used` says how. It
    keeps all words of the question except those that stand for something said before.

    `temperature` is 0 unless given.
    """
    call.check(body)
    query = _query(body, call)
    extracts = query.resolved_mode == "extractive"
    model = call.model(body.model, Capability.ANSWER if extracts else Capability.GENERATE)
    options = call.options(body, temperature=0.0, max_tokens=body.length, max_tokens_param=body.length_param)
    id = f"ans-{uuid4().hex}"
    writer = response.AnswerWriter(id=id, model=model.name)
    reply = call.stream if body.stream else call.answer
    return await reply(model, lambda: model.task(Answerer).prepare(query, options=options, request_id=id), writer)


def _query(body: AnswerRequest, call: Call) -> Query:
    """The query of this body. Raises ApiError for what is over a limit of the operator."""
    settings, retrieval = call.state.settings, body.retrieval or "auto"
    documents = [ContextDocument(id=each.id, text=each.text, title=each.title or "") for each in body.documents or ()]
    check_limit("documents", len(documents), settings.max_documents, "documents")
    if body.context is not None:
        documents = [ContextDocument(id="", text=body.context)]
    length = sum(len(document.text) + len(document.title) for document in documents)
    check_limit("documents" if body.documents else "context", length, settings.max_context_length, "characters")
    check_limit("top_k", body.top_k or 1, settings.max_answers)
    check_limit("max_answer_len", body.max_answer_len or 1, settings.max_answer_len)
    check_limit("max_passages", body.max_passages or 1, settings.max_windows)
    return Query(
        question=body.question,
        documents=tuple(documents),
        mode=body.mode or "auto",
        top_k=body.top_k or 1,
        no_answer_threshold=body.no_answer_threshold,
        max_answer_len=body.max_answer_len,
        stride=body.stride,
        format=body.format or "text",
        retrieval=retrieval,
        max_passages=body.max_passages,
        history=tuple(Exchange(each.question, each.answer) for each in body.history or ()),
        scorers=passage_scorers(call) if retrieval == "auto" else BM25_ALONE,
    )
