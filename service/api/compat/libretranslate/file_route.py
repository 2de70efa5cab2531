"""LibreTranslate's files: ``/translate_file``, which answers with an address, and the file at this address."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.compat.libretranslate.error_format import LibreTranslateRoute
from service.api.compat.libretranslate.file_request import EXAMPLES, LibreFileForm
from service.api.errors import ApiError
from service.api.native.documents.upload import awaited, document_not_found, file_response, keep_document
from service.api.openapi.responses import openapi_responses
from service.api.requests.file_form import file_form_schema, read_file_form
from service.api.wire.response_model import ResponseModel
from service.documents.records import DocumentStatus
from service.keys.key import Scope
from service.tasks.translation import TranslationOrder

router = APIRouter(tags=["libretranslate"], route_class=LibreTranslateRoute)


class LibreFileResponse(ResponseModel, rename="camel"):
    """Where the translated file is."""

    translated_file_url: str


EXAMPLE = LibreFileResponse(f"http://127.0.0.1:8000/download_file/doc-0d9c2f3f8a7b4f0f9b0f1a2b3c4d5e6f.{'0' * 64}")


@router.post(
    "/translate_file",
    summary="Translate a file, as LibreTranslate does",
    openapi_extra=file_form_schema(LibreFileForm, EXAMPLES),
    dependencies=[requires(Scope.TRANSLATE)],
)
@openapi_responses(EXAMPLE)
async def translate_file(http: Request, call: CurrentCall) -> Response:
    """A form with the file in `file`. The answer comes when it is translated, within the time of any request.

    A client that knows the address in the answer gets the file without a key, until the file is deleted.
    """
    settings = call.state.settings
    form, file = await read_file_form(http, LibreFileForm, limit=settings.max_document_bytes)
    call.check(form)
    order = TranslationOrder(
        texts=(), target=form.target, source=None if form.source.lower() == "auto" else form.source
    )
    record = await keep_document(call, file, order, call.greedy_options())
    ended = await awaited(http, call, record, settings.request_timeout)
    if ended.status is not DocumentStatus.DONE:
        await call.state.documents.delete(record)
        if (problem := ended.problem) is not None:
            raise ApiError(500 if problem.is_fault else 400, problem.message, code=problem.code)
        message = f"The file was not translated within {settings.request_timeout:g} seconds"
        raise ApiError(504, message, code="request_timeout")
    return call.json(LibreFileResponse(f"{http.base_url}download_file/{record.id}.{record.secret}"))


@router.get("/download_file/{name}", summary="Get a translated file, as LibreTranslate does", response_class=Response)
@openapi_responses(errors=(404,), is_file=True)
async def download_file(
    name: Annotated[str, Path(max_length=256, description="The end of an address that was given.")], call: CurrentCall
) -> Response:
    """The translated file. No key is needed: the name is a secret of 256 bits."""
    id, _, secret = name.rpartition(".")
    record = await call.state.documents.find(id)
    if record is None or not secrets.compare_digest(record.secret.encode(), secret.encode()):
        raise document_not_found()
    return await file_response(call, record)
