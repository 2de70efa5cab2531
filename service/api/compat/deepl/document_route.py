"""DeepL's documents in three steps: ``/v2/document``, its status, and its result."""

import secrets
from collections.abc import Sequence
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.compat.deepl.document_request import KEY_EXAMPLES, UPLOAD_EXAMPLES, DeepLDocumentForm, DeepLDocumentKey
from service.api.compat.deepl.document_response import (
    STATUS_EXAMPLE,
    UPLOAD_EXAMPLE,
    DeepLDocument,
    DeepLDocumentStatus,
)
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.deepl.request import MAX_BODY_BYTES
from service.api.errors import ApiError, invalid
from service.api.native.documents.upload import (
    document_not_found,
    document_of,
    ended_within,
    file_response,
    keep_document,
)
from service.api.openapi.responses import openapi_responses
from service.api.requests.bodies import json_or_form, json_or_form_schema
from service.api.requests.file_form import FormFile, file_form_schema, read_file_form
from service.documents.records import DocumentRecord
from service.glossaries.language_pair import language_pair
from service.keys.key import Scope
from service.tasks.translation import Term, TranslationOrder

router = APIRouter(tags=["deepl"], route_class=DeepLRoute, dependencies=[requires(Scope.TRANSLATE)])

_STATUS_SECONDS = 1.0  # that a request for the status waits for the end: DeepL's clients ask every five seconds

_DocumentId = Annotated[str, Path(max_length=256, description="The id of a document.")]
_KeyBody = Annotated[DeepLDocumentKey, Depends(json_or_form(DeepLDocumentKey, limit=MAX_BODY_BYTES))]
_KEY_SCHEMA = json_or_form_schema(DeepLDocumentKey, KEY_EXAMPLES)


@router.post(
    "/v2/document",
    summary="Translate a file in the background, as DeepL does",
    openapi_extra=file_form_schema(DeepLDocumentForm, UPLOAD_EXAMPLES),
)
@openapi_responses(UPLOAD_EXAMPLE)
async def upload_document(http: Request, call: CurrentCall) -> Response:
    """A form with the file in `file`: the first of three steps. The answer has what the other two need.

    Its characters count in `/v2/usage` from now on.
    """
    form, file = await read_file_form(http, DeepLDocumentForm, limit=call.state.settings.max_document_bytes)
    call.check(form)
    name = form.filename or file.name
    extension = PurePath(name).suffix.lstrip(".").lower()
    if form.output_format is not None and form.output_format.lower() != extension:
        raise invalid("output_format", "output_format: the translated file has the format of the file")
    order = TranslationOrder(
        texts=(),
        target=form.target_lang,
        source=form.source_lang,
        context=form.context or "",
        formality=form.formality or "default",
    )

    async def find_terms(texts: Sequence[str]) -> tuple[Term, ...]:
        pair = language_pair(form.source_lang or "", form.target_lang)
        glossary = ("glossary_id", form.glossary_id or "")
        return await call.state.glossaries.all_terms(call.caller.owner, [glossary], pair, texts)

    finding = None if form.glossary_id is None else find_terms
    record = await keep_document(call, FormFile(name, file.data), order, call.greedy_options(), find_terms=finding)
    call.state.characters.add(call.caller.name, record.characters)
    return call.json(DeepLDocument(record.id, record.secret))


@router.post("/v2/document/{id}", summary="Get the status of a document, as DeepL does", openapi_extra=_KEY_SCHEMA)
@openapi_responses(STATUS_EXAMPLE, errors=(400, 404))
async def get_status(id: _DocumentId, body: _KeyBody, call: CurrentCall) -> Response:
    """The second step. The answer comes after a second at most, and at once when the document is done."""
    call.check(body)
    record = await ended_within(call, await _document(call, id, body), _STATUS_SECONDS)
    return call.json(DeepLDocumentStatus.of(record, call.state.documents.clock()))


@router.post(
    "/v2/document/{id}/result",
    summary="Get the translated file, as DeepL does",
    openapi_extra=_KEY_SCHEMA,
    response_class=Response,
)
@openapi_responses(errors=(400, 404, 503), is_file=True)
async def get_result(id: _DocumentId, body: _KeyBody, call: CurrentCall) -> Response:
    """The last step. It may be repeated until the document is deleted. Status 503 before the document is done."""
    call.check(body)
    record = await _document(call, id, body)
    if not record.has_ended:
        raise ApiError(503, "The document is not translated yet", code="document_not_done")
    return await file_response(call, record)


async def _document(call: Call, id: str, body: DeepLDocumentKey) -> DocumentRecord:
    """The caller's document with this key. Raises ApiError (404)."""
    record = await document_of(call, id)
    if not secrets.compare_digest(record.secret.encode(), body.document_key.encode()):
        raise document_not_found()
    return record
