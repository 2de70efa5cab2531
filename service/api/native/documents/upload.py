"""Documents as any route takes them: read, checked and kept; found again; and their files as answers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import PurePath
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from service.api.call import Call
from service.api.errors import ApiError, stopping
from service.api.requests.file_form import FormFile
from service.api.requests.options import check_limit
from service.api.translating.pivoted import check_tokens
from service.api.translating.way import find_way
from service.api.wire.disconnect import ClientDisconnected, raise_on_disconnect, run_guarded
from service.documents.records import DocumentRecord, DocumentRequest, DocumentStatus
from service.models.capabilities import Capability
from service.tasks.generation.options import Options
from service.tasks.text.languages import find_language
from service.tasks.translation import Term, TranslationOrder
from service.tasks.translation.files.file_format import FileFormat
from service.tasks.translation.files.formats import find_file_format
from service.tasks.translation.translator import check_order

_SAMPLE = 100  # texts by which the language of a file is detected

DOCUMENT_PATHS = ("/v1/translate/document", "/v2/document", "/translate_file")


FindTerms = Callable[[Sequence[str]], Awaitable[tuple[Term, ...]]]
"""Returns the terms of stored glossaries that may occur in texts."""


async def keep_document(
    call: Call,
    file: FormFile,
    order: TranslationOrder,
    options: Options,
    *,
    format: str | None = None,
    columns: Sequence[str] = (),
    encoding: str | None = None,
    model: str | None = None,
    find_terms: FindTerms | None = None,
) -> DocumentRecord:
    """A new document of the caller.

    ``options`` hold for each segment; its place in the queue is not theirs. ``format`` is the name of the file's
    format, None: the one of its name. ``columns`` are those of a table that are translated, ``encoding`` is that of
    subtitles.

    Raises ApiError, TaskError for a file or an order that cannot be translated, StoreFull, ModelNotServed.
    """
    state = call.state
    call.model(model, Capability.TRANSLATE)
    if state.admissions.closed:
        raise stopping()
    name = PurePath(file.name.replace("\\", "/")).name
    found = find_file_format(name, format, columns=columns, encoding=encoding)
    texts = await asyncio.to_thread(_texts, found, file.data)
    order = await _checked(call, model, order, texts, options)
    characters = sum(map(len, texts))
    check_limit("file", characters, state.settings.max_document_characters, "characters")
    if find_terms is not None:
        order = replace(order, glossary=await find_terms(texts))
    return await state.documents.create(
        call.caller.owner,
        file.data,
        filename=name,
        format=found.name,
        columns=columns,
        encoding=encoding,
        request=DocumentRequest(order=order, options=options),
        characters=characters,
        model=model,
    )


async def document_of(call: Call, id: str) -> DocumentRecord:
    """The caller's document. Raises ApiError (404)."""
    record = await call.state.documents.get(call.caller.owner, id)
    if record is None:
        raise document_not_found()
    return record


def document_not_found() -> ApiError:
    """The error for an id that nothing has, that another key has, or whose time is over."""
    message = "There is no document with this id; documents are deleted some time after their end"
    return ApiError(404, message, param="id", code="document_not_found")


async def ended_within(call: Call, record: DocumentRecord, seconds: float) -> DocumentRecord:
    """The document when it has ended, or as it is after this time. Raises ApiError (404) if it is deleted meanwhile."""
    latest = record
    try:
        async with asyncio.timeout(seconds):
            while not latest.has_ended:
                changed = await call.state.documents.next_change(latest)
                if changed is None:
                    raise document_not_found()
                latest = changed
    except TimeoutError:
        pass
    return latest


async def awaited(http: Request, call: Call, record: DocumentRecord, seconds: float) -> DocumentRecord:
    """The same while a client waits. If the client disconnects, the document is deleted."""
    try:
        return await run_guarded(ended_within(call, record, seconds), raise_on_disconnect(http.receive))
    except (ClientDisconnected, asyncio.CancelledError):
        await call.state.documents.delete(record)
        raise


async def file_response(call: Call, record: DocumentRecord) -> Response:
    """The translated file. Raises ApiError: 409 for a document that is not done, 404 for one that was deleted."""
    if record.status is not DocumentStatus.DONE:
        why = record.problem.message if record.problem is not None else f"it is {record.status}"
        raise ApiError(409, f"The document has no translation: {why}", param="id", code="document_not_done")
    if (data := await call.state.documents.result(record)) is None:
        raise document_not_found()
    media_type = find_file_format(record.filename, record.format).media_type
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(translated_name(record), safe='')}"}
    return Response(data, media_type=media_type, headers=call.headers | headers)


def translated_name(record: DocumentRecord) -> str:
    """The name of the translated file: that of the file, with the target language before its extension."""
    path = PurePath(record.filename)
    return f"{path.stem}.{record.target_lang}{path.suffix}"


async def _checked(
    call: Call, model: str | None, order: TranslationOrder, texts: Sequence[str], options: Options
) -> TranslationOrder:
    """The order with the codes of its languages. Raises TaskError if no served model can do it."""
    way = await find_way(call, model, replace(order, texts=tuple(texts[:_SAMPLE])))
    if way.pivot is not None:
        check_tokens(way, options)
        order = replace(order, pivot=way.pivot.language.code)
    else:
        check_order(order, way.model.base.language_pairs)
    source = None if order.source is None else find_language(order.source).code
    return replace(order, source=source, target=find_language(order.target).code)


def _texts(format: FileFormat, data: bytes) -> list[str]:
    return [text.text for text in format.read(data).texts]
