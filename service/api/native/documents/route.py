"""``/v1/translate/document``."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.native.documents.request import EXAMPLES, DocumentForm
from service.api.native.documents.response import EXAMPLE, EXAMPLE_DELETED, EXAMPLE_FAILED, DeletedDocument, Document
from service.api.native.documents.upload import awaited, document_of, file_response, keep_document
from service.api.native.translate.glossary import stored_terms
from service.api.native.translate.memory import memory_pairs
from service.api.openapi.responses import openapi_responses
from service.api.requests.file_form import file_form_schema, read_file_form
from service.api.requests.options import check_limit
from service.api.responses.event_stream import event
from service.api.wire.response_model import JsonResponse
from service.documents.records import DocumentRecord, DocumentStatus
from service.keys.key import Scope
from service.settings import Settings
from service.tasks.translation import Term, TranslationOrder

router = APIRouter(tags=["native"], dependencies=[requires(Scope.TRANSLATE)])

_DocumentId = Annotated[str, Path(max_length=256, description="The id of a document.")]


@router.post(
    "/v1/translate/document",
    summary="Translate a file in the background",
    openapi_extra=file_form_schema(DocumentForm, EXAMPLES),
)
@openapi_responses(others={202: ("The document, which is not done yet.", EXAMPLE)}, is_file=True)
async def create_document(http: Request, call: CurrentCall) -> Response:
    """A form (`multipart/form-data`) with the file in `file`. Its texts are translated, and the rest is kept.

    The answer (202) has the `id` for the other routes: the state, its changes as events, and the translated file. With
    `wait` the answer is the translated file (200), if it is done in time; a client that disconnects meanwhile deletes
    the document. Sentences that occur more than once are translated once. They are computed after the requests of
    clients, and use the key's tokens a minute. Only the key that made a document finds it.
    """
    settings = call.state.settings
    form, file = await read_file_form(http, DocumentForm, limit=settings.max_document_bytes)
    call.check(form)

    async def find_terms(texts: Sequence[str]) -> tuple[Term, ...]:
        return await stored_terms(call, str(form.glossary), form.source_lang or "", form.target_lang, texts)

    order = _order(form, settings)
    if form.memory is not None:
        arguments = (form.memory, form.source_lang or "", form.target_lang, settings.max_memory_pairs)
        order = replace(order, memory=await asyncio.to_thread(memory_pairs, *arguments))
    record = await keep_document(
        call,
        file,
        order,
        # Where a sentence leaves less room than max_tokens, what is left must not end the whole document.
        call.options(
            form,
            temperature=0.0,
            max_tokens=form.length,
            max_tokens_param=form.length_param,
            fill_context=form.length is not None,
        ),
        format=form.format,
        columns=form.columns or (),
        encoding=form.encoding,
        model=form.model,
        find_terms=find_terms if isinstance(form.glossary, str) else None,
    )
    if form.wait:
        record = await awaited(http, call, record, form.wait)
        if record.status is DocumentStatus.DONE:
            call.headers["x-document-id"] = record.id
            return await file_response(call, record)
    return JsonResponse(Document.of(record), 202, headers=call.headers)


@router.get("/v1/translate/document/{id}", summary="Get the state of a document")
@openapi_responses(EXAMPLE_FAILED, errors=(404,))
async def get_document(id: _DocumentId, call: CurrentCall) -> Response:
    """The state of a document, and how much of it is done."""
    return call.json(Document.of(await document_of(call, id)))


@router.get("/v1/translate/document/{id}/events", summary="Follow a document")
@openapi_responses(events=(EXAMPLE,), errors=(404,))
async def follow_document(id: _DocumentId, call: CurrentCall) -> Response:
    """Server-sent events: the document as it is, and again after each change, until it has ended or is deleted."""
    record = await document_of(call, id)
    return call.follow(_events(call, record))


@router.get("/v1/translate/document/{id}/result", summary="Get the translated file", response_class=Response)
@openapi_responses(errors=(404,), is_file=True)
async def get_result(id: _DocumentId, call: CurrentCall) -> Response:
    """The file with its translations, in its own format. Status 409 before the document is done, and if it failed."""
    return await file_response(call, await document_of(call, id))


@router.delete("/v1/translate/document/{id}", summary="Cancel and delete a document")
@openapi_responses(EXAMPLE_DELETED, errors=(404,))
async def delete_document(id: _DocumentId, call: CurrentCall) -> Response:
    """Delete a document, its file and its translation now. The work on it stops."""
    record = await document_of(call, id)
    await call.state.documents.delete(record)
    return call.json(DeletedDocument(record.id, "document", True))


async def _events(call: Call, record: DocumentRecord) -> AsyncGenerator[bytes, None]:
    latest: DocumentRecord | None = record
    while latest is not None:
        yield event(Document.of(latest))
        if latest.has_ended:
            return
        latest = await call.state.documents.next_change(latest)


def _order(form: DocumentForm, settings: Settings) -> TranslationOrder:
    """The wishes of this form. Raises ApiError for what is over a limit of the operator."""
    glossary = form.glossary if isinstance(form.glossary, list) else []
    kept = form.do_not_translate or []
    check_limit("glossary", len(glossary), settings.max_terms, "terms")
    check_limit("do_not_translate", len(kept), settings.max_terms, "terms")
    return TranslationOrder(
        texts=(),
        target=form.target_lang,
        source=form.source_lang,
        pivot=form.pivot,
        glossary=tuple(Term(term.source, term.target) for term in glossary),
        do_not_translate=tuple(kept),
        context=form.context or "",
        formality=form.formality or "default",
        quality=form.quality or "standard",
    )
