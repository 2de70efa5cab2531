"""``POST /v1/answer``."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Body, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, requires
from service.api.native.answer.format import AnswerFormat
from service.api.native.requests import AnswerRequest
from service.api.openapi import examples
from service.api.openapi.response_models import Answered
from service.api.openapi.responses import answers
from service.api.replies.reply import reply
from service.api.requests.checks import checked
from service.api.requests.options import at_most, to_options
from service.api.state import Service
from service.keys.key import Scope
from service.settings import Settings
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.run import AnswerRun

router = APIRouter(tags=["native"], dependencies=[requires(Scope.ANSWER)])


@router.post(
    "/v1/answer",
    summary="Answer a question",
    responses=answers(Answered, examples.ANSWERED, stream=examples.ANSWERED_STREAM),
)
async def answer(
    body: Annotated[AnswerRequest, Body(openapi_examples=examples.ANSWER)],
    http: Request,
    state: Service,
    caller: CurrentCaller,
) -> Response:
    """Answer a question out of a `context` or `documents`, or without them from what the model knows.

    Extracted answers are literal: the document's text from `start` to `end`, in characters. `score` is the probability
    that the model gives to the answer among all that it may extract, `no_answer_probability` how likely there is none;
    from `no_answer_threshold` on, `answer` is empty and `answers` still has the best spans. Of long texts the windows
    that have most of the question's words are read. A generated answer to documents is extracted first, and
    written behind the sentence that holds the best span; what else the model quotes and is not literally there is
    dropped and counted in `dropped_citations`.

    `temperature` is 0 unless given.
    """
    headers = checked(body, state)
    query = _query(body, state.settings)
    options = to_options(body, state.settings, caller, temperature=0.0, max_tokens=body.length)
    id = f"ans-{uuid4().hex}"
    run = await state.answerer.answer(query, options=options, request_id=id)

    async def start() -> AnswerRun:
        return run

    format = AnswerFormat(id=id, model=state.model_name)
    return await reply(http, state, start, format, cost=run.cost, stream=bool(body.stream), headers=headers)


def _query(body: AnswerRequest, settings: Settings) -> Query:
    """What is asked. Raises ApiError for more than the operator allows."""
    documents = [ContextDocument(id=each.id, text=each.text, title=each.title or "") for each in body.documents or ()]
    at_most("documents", len(documents), settings.max_documents, "documents")
    if body.context is not None:
        documents = [ContextDocument(id="", text=body.context)]
    length = sum(len(document.text) + len(document.title) for document in documents)
    at_most("documents" if body.documents else "context", length, settings.max_context_length, "characters")
    at_most("top_k", body.top_k or 1, settings.max_answers)
    at_most("max_answer_len", body.max_answer_len or 1, settings.max_answer_len)
    return Query(
        question=body.question,
        documents=tuple(documents),
        mode=body.mode or "auto",
        top_k=body.top_k or 1,
        no_answer_threshold=body.no_answer_threshold,
        max_answer_len=body.max_answer_len,
        stride=body.stride,
    )
