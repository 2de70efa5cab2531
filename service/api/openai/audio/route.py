"""``POST /v1/audio/transcriptions`` and ``POST /v1/audio/translations``."""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any
from uuid import uuid4

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.openai.audio.request import (
    EXAMPLES,
    TRANSLATION_EXAMPLES,
    AnswerFormat,
    TranscriptionForm,
    TranslationForm,
)
from service.api.openai.audio.response import (
    EXAMPLE,
    EXAMPLE_EVENTS,
    EXAMPLE_TRANSLATION,
    EXAMPLE_VERBOSE,
    TranscriptWriter,
)
from service.api.openapi.responses import openapi_responses
from service.api.requests.file_form import FormFile, file_form_schema, read_file_form
from service.api.requests.options import check_limit, queue_place
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.tasks.speech.options import TranscriptOptions
from service.tasks.speech.transcriber import PreparedTranscription, Transcriber
from service.tasks.speech.transcription import Transcription

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE)])

AUDIO_PATHS = ("/v1/audio/transcriptions", "/v1/audio/translations")


@router.post(
    "/v1/audio/transcriptions",
    summary="Write a recording down",
    openapi_extra=file_form_schema(TranscriptionForm, EXAMPLES),
)
@openapi_responses(EXAMPLE, EXAMPLE_VERBOSE, events=EXAMPLE_EVENTS, is_file=True)
async def transcribe(http: Request, call: CurrentCall) -> Response:
    """A form (`multipart/form-data`) with a recording in `file`: wav, flac, ogg or mp3.

    Recordings longer than the model's window of 30 seconds are written down window by window. The text of silence is
    empty. With `stream` each segment is an event as soon as it is done.
    """
    form, file = await read_file_form(http, TranscriptionForm, limit=call.state.settings.max_audio_bytes)
    call.check(form)
    options = form.options(**_place(call))
    return await _answer(call, form, file, options, stream=bool(form.stream))


@router.post(
    "/v1/audio/translations",
    summary="Write a recording down in English",
    openapi_extra=file_form_schema(TranslationForm, TRANSLATION_EXAMPLES),
)
@openapi_responses(EXAMPLE_TRANSLATION, EXAMPLE_VERBOSE, is_file=True)
async def translate(http: Request, call: CurrentCall) -> Response:
    """The same for a recording in any language that the model knows: the text is in English.

    Models that know English only are refused.
    """
    form, file = await read_file_form(http, TranslationForm, limit=call.state.settings.max_audio_bytes)
    call.check(form)
    return await _answer(call, form, file, form.options(task="translate", **_place(call)), stream=False)


async def _answer(
    call: Call, form: TranslationForm, file: FormFile, options: TranscriptOptions, *, stream: bool
) -> Response:
    model = call.model(form.model, Capability.TRANSCRIBE)
    check_limit("best_of", form.best_of or 1, call.state.settings.max_n)
    writer = TranscriptWriter(task=options.task)

    def prepare() -> Awaitable[PreparedTranscription]:
        return model.task(Transcriber).prepare(file.data, options, request_id=f"transcript-{uuid4().hex}")

    if stream:
        return await call.stream(model, prepare, writer)
    if (read := _reader_of_text(writer, form.answer_format)) is not None:
        text = await call.compute(model, prepare, read)
        return PlainTextResponse(text, headers=call.headers)
    if form.answer_format == "verbose_json":
        return call.json(await call.compute(model, prepare, writer.verbose))
    return await call.answer(model, prepare, writer)


def _reader_of_text(
    writer: TranscriptWriter, answer_format: AnswerFormat
) -> Callable[[Transcription], Coroutine[Any, Any, str]] | None:
    """What makes an answer that is no JSON; None for the others."""
    match answer_format:
        case "text":
            return writer.text
        case "srt":
            return writer.subrip
        case "vtt":
            return writer.webvtt
        case _:
            return None


def _place(call: Call) -> dict[str, Any]:
    """The place of the work in the engine's queue, and whose prefixes it shares."""
    return queue_place(call.caller, None) | {"cache_salt": call.caller.cache_salt("")}
