"""Hugging Face's inference tasks. The shape of a payload determines its task."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from service.api.auth.route_scopes import check_scopes, requires
from service.api.call import Call, CurrentCall
from service.api.compat.huggingface import response
from service.api.compat.huggingface.error_format import HuggingFaceRoute
from service.api.compat.huggingface.request import (
    EXAMPLES,
    GenerateParameters,
    HuggingFaceAnswerRequest,
    HuggingFaceTranslateRequest,
    QuestionParameters,
)
from service.api.compat.translation import check_texts, translate
from service.api.errors import ApiError, invalid
from service.api.openapi.responses import openapi_responses
from service.api.requests.bodies import validated
from service.api.requests.options import check_limit
from service.api.requests.served_model import ModelPath
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.answering.answerer import Answerer
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.generation.options import Options
from service.tasks.translation import TranslationOrder

router = APIRouter(
    tags=["huggingface"], route_class=HuggingFaceRoute, dependencies=[requires(Scope.TRANSLATE, Scope.ANSWER)]
)

SUMMARY = "Answer or translate, as Hugging Face's inference does"

_ANSWER_TOKENS = 15  # the default of the pipeline in transformers 4
_OPTIONS = "parameters.generate_parameters"
_TASKS = ("question-answering", "translation")

Payload = Annotated[dict[str, Any], Body(openapi_examples=EXAMPLES)]
_responses = openapi_responses(response.ANSWER_EXAMPLE, [response.ANSWER_EXAMPLE], response.TRANSLATION_EXAMPLE)


@router.post("/", summary=SUMMARY)
@_responses
async def by_payload(payload: Payload, call: CurrentCall) -> Response:
    """`inputs` with a question and a context is question-answering; a text or texts with `tgt_lang` is translation.

    Doubts about a translation are in the header `x-translation-flags`, by the names of `/v1/translate`.
    """
    return await _run(_task(payload), payload, call)


@router.post("/models/{id:path}", summary=SUMMARY)
@_responses
async def by_model(id: ModelPath, payload: Payload, call: CurrentCall) -> Response:
    """The same with the model named."""
    return await _run(_task(payload), payload, call, id)


@router.post("/pipeline/{task}", summary=SUMMARY)
@_responses
async def by_task(task: Annotated[str, Path(max_length=64)], payload: Payload, call: CurrentCall) -> Response:
    """The same with the task named: `question-answering` or `translation`."""
    if task not in _TASKS:
        raise ApiError(404, f"The tasks here are {' and '.join(_TASKS)}", param="task")
    return await _run(task, payload, call)


def _task(payload: dict[str, Any]) -> str:
    """The task of a payload. Raises ApiError if the payload fits none, or could be for another task."""
    match payload:
        case {"inputs": dict()}:
            return "question-answering"
        case {"inputs": str() | list(), "parameters": {"tgt_lang": _} | {"src_lang": _}}:
            return "translation"
    message = (
        "inputs: for question-answering give a question and a context, for translation a text or a list of texts and "
        "parameters.tgt_lang; to generate text, use /v1/generate"
    )
    raise invalid("inputs", message)


async def _run(task: str, payload: dict[str, Any], call: Call, model: str | None = None) -> Response:
    if task == "translation":
        check_scopes(call.caller, {Scope.TRANSLATE})
        return await _translate(validated(HuggingFaceTranslateRequest, payload), call, model)
    check_scopes(call.caller, {Scope.ANSWER})
    return await _answer(validated(HuggingFaceAnswerRequest, payload), call, model)


async def _translate(body: HuggingFaceTranslateRequest, call: Call, model: str | None) -> Response:
    call.check(body)
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    check_texts("inputs", texts, call.state.settings)
    languages = body.parameters
    options = _options(languages.generate_parameters or GenerateParameters(), call)
    order = TranslationOrder(
        texts=tuple(texts),
        target=_to_bcp47(languages.tgt_lang),
        source=None if languages.src_lang is None else _to_bcp47(languages.src_lang),
    )
    return await translate(call, order, options, response.translation_list, model_name=model)


def _options(fields: GenerateParameters, call: Call) -> Options:
    """The options of these fields. Raises ApiError if fields exclude each other."""
    if fields.temperature and not fields.do_sample:
        raise invalid(f"{_OPTIONS}.do_sample", f"{_OPTIONS}.do_sample: must be true for a temperature")
    lengths = {fields.max_new_tokens, fields.max_length} - {None}
    if len(lengths) > 1:
        raise invalid(f"{_OPTIONS}.max_length", f"{_OPTIONS}.max_length: means max_new_tokens and must not differ")
    return call.options(fields, temperature=1.0 if fields.do_sample else 0.0, max_tokens=next(iter(lengths), None))


async def _answer(body: HuggingFaceAnswerRequest, call: Call, model_name: str | None) -> Response:
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
        response.AnswerCandidatesWriter(top_k=top_k, may_be_none=may_be_none),
    )


def _to_bcp47(code: str) -> str:
    """The code without the region XX, with which mBART marks codes that have no region."""
    return code.removesuffix("_XX")
