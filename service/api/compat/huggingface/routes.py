"""Hugging Face's inference tasks: what a payload looks like says which task is meant."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Body, Path, Request
from starlette.responses import Response

from service.api.auth.route_scopes import CurrentCaller, check_scopes, requires
from service.api.compat.huggingface import format, schemas
from service.api.compat.translating import check_texts, translate
from service.api.error_formats import HuggingFace
from service.api.errors import ApiError, invalid
from service.api.openapi import examples
from service.api.openapi.responses import answers
from service.api.replies.reply import Json, reply_whole
from service.api.requests.bodies import validated
from service.api.requests.checks import ModelPath, check_model, checked
from service.api.requests.options import at_most, greedy, to_options
from service.api.state import Service, State
from service.keys.caller import Caller
from service.keys.key import Scope
from service.settings import Settings
from service.tasks.answering.query import ContextDocument, Query
from service.tasks.answering.run import AnswerRun
from service.tasks.generation.generator import Options
from service.tasks.translation import TranslationOrder

router = APIRouter(
    tags=["huggingface"], route_class=HuggingFace, dependencies=[requires(Scope.TRANSLATE, Scope.ANSWER)]
)

_SHORT = 15  # tokens of an answer: the default of the pipeline that transformers had
_OPTIONS = "parameters.generate_parameters"
_TASKS = ("question-answering", "translation")

Payload = Annotated[dict[str, Any], Body(openapi_examples=examples.HF_TASKS)]
_documented: dict[str, Any] = {
    "summary": "Answer or translate, as Hugging Face's inference does",
    "responses": answers(Any, examples.HF_ANSWERED, dialect=HuggingFace),
}


@router.post("/", **_documented)
async def by_payload(payload: Payload, http: Request, state: Service, caller: CurrentCaller) -> Response:
    """`inputs` with a question and a context is question-answering; a text or texts with `tgt_lang` is translation.

    What is doubtful about a translation is in the header `x-translation-flags`, by the names of `/v1/translate`.
    """
    return await _run(_task(payload), payload, http, state, caller)


@router.post("/models/{id:path}", **_documented)
async def by_model(id: ModelPath, payload: Payload, http: Request, state: Service, caller: CurrentCaller) -> Response:
    """The same with the model named, which must be the one that is served."""
    check_model(id, state)
    return await _run(_task(payload), payload, http, state, caller)


@router.post("/pipeline/{task}", **_documented)
async def by_task(
    task: Annotated[str, Path(max_length=64)], payload: Payload, http: Request, state: Service, caller: CurrentCaller
) -> Response:
    """The same with the task named: `question-answering` or `translation`."""
    if task not in _TASKS:
        raise ApiError(404, f"The tasks here are {' and '.join(_TASKS)}", param="task")
    return await _run(task, payload, http, state, caller)


def _task(payload: dict[str, Any]) -> str:
    """Which task a payload is for. Raises ApiError if it could be another one."""
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


async def _run(task: str, payload: dict[str, Any], http: Request, state: State, caller: Caller) -> Response:
    if task == "translation":
        check_scopes(caller, {Scope.TRANSLATE})
        return await _translate(validated(schemas.Translation, payload), http, state, caller)
    check_scopes(caller, {Scope.ANSWER})
    return await _answer(validated(schemas.QuestionAnswering, payload), http, state, caller)


async def _translate(body: schemas.Translation, http: Request, state: State, caller: Caller) -> Response:
    headers = checked(body, state)
    texts = [body.inputs] if isinstance(body.inputs, str) else body.inputs
    check_texts("inputs", texts, state)
    languages = body.parameters
    options = _options(languages.generate_parameters or schemas.GenerateParameters(), state.settings, caller)
    order = TranslationOrder(
        texts=tuple(texts),
        target=_bcp47(languages.tgt_lang),
        source=None if languages.src_lang is None else _bcp47(languages.src_lang),
    )
    return await translate(http, state, order, format.translated, options=options, headers=headers)


def _options(fields: schemas.GenerateParameters, settings: Settings, caller: Caller) -> Options:
    """Raises ApiError for fields that exclude each other."""
    if fields.temperature and not fields.do_sample:
        raise invalid(f"{_OPTIONS}.do_sample", f"{_OPTIONS}.do_sample: must be true for a temperature")
    lengths = {fields.max_new_tokens, fields.max_length} - {None}
    if len(lengths) > 1:
        raise invalid(f"{_OPTIONS}.max_length", f"{_OPTIONS}.max_length: means max_new_tokens and must not differ")
    temperature = 1.0 if fields.do_sample else 0.0
    return to_options(fields, settings, caller, temperature=temperature, max_tokens=next(iter(lengths), None))


async def _answer(body: schemas.QuestionAnswering, http: Request, state: State, caller: Caller) -> Response:
    headers = checked(body, state)
    asked = body.parameters or schemas.QuestionParameters()
    settings = state.settings
    top_k = asked.top_k or 1
    may_be_none = bool(asked.handle_impossible_answer)
    at_most("inputs.context", len(body.inputs.context), settings.max_context_length, "characters")
    at_most("parameters.top_k", top_k, settings.max_answers)
    at_most("parameters.max_answer_len", asked.max_answer_len or _SHORT, settings.max_answer_len)
    query = Query(
        question=body.inputs.question,
        documents=(ContextDocument(id="", text=body.inputs.context),),
        mode="extractive",
        top_k=top_k,
        no_answer_threshold=None if may_be_none else 1.0,
        max_answer_len=settings.max_answer_len,
        stride=asked.doc_stride,
    )
    options = greedy(caller, max_tokens=asked.max_answer_len or _SHORT)
    run = await state.answerer.answer(query, options=options, request_id=f"ans-{uuid4().hex}")

    async def start() -> AnswerRun:
        return run

    async def whole(run: AnswerRun) -> Response:
        answer = await run.collect()
        return Json(format.answered(answer, top_k=top_k, may_be_none=may_be_none), headers=headers)

    return await reply_whole(http, state, start, whole, cost=run.cost)


def _bcp47(code: str) -> str:
    """mBART writes a region of XX where there is none."""
    return code.removesuffix("_XX")
