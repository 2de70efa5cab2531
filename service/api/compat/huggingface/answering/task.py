"""Answers a payload of the task question-answering."""

from typing import Any
from uuid import uuid4

from starlette.responses import Response

from service.api.call import Call
from service.api.compat.huggingface.answering.request import HuggingFaceAnswerRequest, QuestionParameters
from service.api.compat.huggingface.answering.response import AnswerCandidatesWriter
from service.api.requests.bodies import validated
from service.api.requests.options import check_limit
from service.models.capabilities import Capability
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.query import ContextDocument, Query

_ANSWER_TOKENS = 15  # the default of the pipeline in transformers 4


async def answer_question(payload: dict[str, Any], call: Call, model_name: str | None) -> Response:
    """Answer the question of the payload."""
    body = validated(HuggingFaceAnswerRequest, payload)
    call.check(body)
    model = call.model(model_name, Capability.ANSWER)
    parameters = body.parameters or QuestionParameters()
    settings = call.state.settings
    top_k = parameters.top_k or 1
    max_tokens = parameters.max_answer_len or _ANSWER_TOKENS
    may_be_none = bool(parameters.handle_impossible_answer)
    check_limit("inputs.context", len(body.inputs.context), settings.max_context_length, "characters")
    check_limit("parameters.top_k", top_k, settings.max_answers)
    check_limit("parameters.max_answer_len", max_tokens, settings.max_answer_len)
    query = Query(
        question=body.inputs.question,
        documents=(ContextDocument(id="", text=body.inputs.context),),
        mode="extractive",
        top_k=top_k,
        no_answer_threshold=None if may_be_none else 1.0,
        max_answer_len=settings.max_answer_len,
        stride=parameters.doc_stride,
    )
    options = call.greedy_options(max_tokens=max_tokens)
    request_id = f"ans-{uuid4().hex}"
    return await call.answer(
        model,
        lambda: model.task(Answerer).prepare(query, options=options, request_id=request_id),
        AnswerCandidatesWriter(top_k=top_k, may_be_none=may_be_none),
    )
