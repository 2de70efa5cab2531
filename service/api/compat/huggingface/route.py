"""Hugging Face's inference tasks. The shape of a payload, or the path, determines the task."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Body, Path
from starlette.responses import Response

from service.api.auth.route_scopes import check_scopes, requires
from service.api.call import Call, CurrentCall
from service.api.compat.huggingface.answering import request as answering_request
from service.api.compat.huggingface.answering import response as answering_response
from service.api.compat.huggingface.answering.task import answer_question
from service.api.compat.huggingface.classification import request as classification_request
from service.api.compat.huggingface.classification import response as classification_response
from service.api.compat.huggingface.classification.task import classify_texts
from service.api.compat.huggingface.embedding import request as embedding_request
from service.api.compat.huggingface.embedding import response as embedding_response
from service.api.compat.huggingface.embedding.task import compare_sentences, extract_features
from service.api.compat.huggingface.error_format import HuggingFaceRoute
from service.api.compat.huggingface.payloads import find_task
from service.api.compat.huggingface.text_to_text import request as text_request
from service.api.compat.huggingface.text_to_text import response as text_response
from service.api.compat.huggingface.text_to_text.task import summarize, write_text
from service.api.compat.huggingface.translation import request as translation_request
from service.api.compat.huggingface.translation import response as translation_response
from service.api.compat.huggingface.translation.task import translate_inputs
from service.api.compat.huggingface.unserved_tasks import unserved
from service.api.compat.tgi import request as generation_request
from service.api.compat.tgi import response as generation_response
from service.api.compat.tgi.generation import EVENTS, generate_from_payload
from service.api.errors import ApiError
from service.api.openapi.responses import openapi_responses
from service.api.requests.served_model import ModelPath
from service.errors import ModelNotServed
from service.keys.key import Scope


class _Task(NamedTuple):
    """The scope that opens a task, and the function that answers its payloads with the model of this name."""

    scope: Scope
    answer: Callable[[dict[str, Any], Call, str | None], Awaitable[Response]]


_TASKS = {
    "question-answering": _Task(Scope.ANSWER, answer_question),
    "translation": _Task(Scope.TRANSLATE, translate_inputs),
    "summarization": _Task(Scope.GENERATE, summarize),
    "text2text-generation": _Task(Scope.GENERATE, write_text),
    "feature-extraction": _Task(Scope.EMBED, extract_features),
    "sentence-similarity": _Task(Scope.EMBED, compare_sentences),
    "text-classification": _Task(Scope.RERANK, classify_texts),
    "text-generation": _Task(Scope.GENERATE, generate_from_payload),
}
SUMMARY = "Run one of Hugging Face's inference tasks"

router = APIRouter(
    tags=["huggingface"],
    route_class=HuggingFaceRoute,
    dependencies=[requires(*{task.scope for task in _TASKS.values()})],
)

TaskPath = Annotated[str, Path(max_length=64)]
Payload = Annotated[
    dict[str, Any],
    Body(
        openapi_examples=answering_request.EXAMPLES
        | translation_request.EXAMPLES
        | text_request.EXAMPLES
        | embedding_request.EXAMPLES
        | classification_request.EXAMPLES
        | generation_request.EXAMPLES
    ),
]
_responses = openapi_responses(
    answering_response.EXAMPLE,
    [answering_response.EXAMPLE],
    translation_response.EXAMPLE,
    text_response.EXAMPLE,
    text_response.TEXT_EXAMPLE,
    embedding_response.VECTORS_EXAMPLE,
    embedding_response.SIMILARITIES_EXAMPLE,
    classification_response.EXAMPLE,
    [generation_response.EXAMPLE],
    events=generation_response.EXAMPLE_EVENTS,
    form=EVENTS,
)


@router.post("/", summary=SUMMARY)
@_responses
async def by_payload(payload: Payload, call: CurrentCall) -> Response:
    """Question-answering, translation, summarization, text2text-generation, feature-extraction, sentence-similarity,
    text-classification, text-generation.

    `inputs` with a `question` is question-answering, with a `source_sentence` sentence-similarity, with a `text`
    text-classification; texts with `parameters.tgt_lang` are translated, and those with `generate_parameters` or a
    `min_length` are summarized. A text with `stream` or with a parameter such as `max_new_tokens` is continued. Texts
    alone are for the models that are served: feature-extraction, text-classification, summarization, or else
    text-generation. Doubts about a translation are in the header `x-translation-flags`, by the names of
    `/v1/translate`.
    """
    return await _run(find_task(payload, call.state.registry), payload, call)


@router.post("/models/{id:path}/pipeline/{task}", summary=SUMMARY)
@_responses
async def by_model_and_task(id: ModelPath, task: TaskPath, payload: Payload, call: CurrentCall) -> Response:
    """The same with the model and the task named."""
    return await _run(task, payload, call, id)


@router.post("/models/{id:path}", summary=SUMMARY)
@_responses
async def by_model(id: ModelPath, payload: Payload, call: CurrentCall) -> Response:
    """The same with the model named."""
    return await _run(find_task(payload, call.state.registry, id), payload, call, id)


@router.post("/pipeline/{task}", summary=SUMMARY)
@_responses
async def by_task(task: TaskPath, payload: Payload, call: CurrentCall) -> Response:
    """The same with the task named."""
    return await _run(task, payload, call)


async def _run(name: str, payload: dict[str, Any], call: Call, model_name: str | None = None) -> Response:
    task = _TASKS.get(name)
    if task is None:
        raise ApiError(404, unserved(name, ", ".join(_TASKS)), param="task")
    check_scopes(call.caller, {task.scope})
    try:
        return await task.answer(payload, call, model_name)
    except ModelNotServed as error:
        if model_name is not None:
            raise
        raise ApiError(404, f"The task {name} is not served: {error}", param="model", code="model_not_found") from None
