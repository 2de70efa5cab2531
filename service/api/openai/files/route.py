"""``/v1/files``."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import FileResponse, Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.errors import ApiError, invalid
from service.api.openai.files.response import EXAMPLE, EXAMPLE_DELETED, EXAMPLE_LIST, DeletedFile, FileList, FileObject
from service.api.openai.files.upload import SCHEMA, Upload
from service.api.openapi.responses import openapi_responses
from service.api.requests.lifetime import lifetime
from service.batches.records import FileRecord
from service.batches.service import Batches
from service.keys.key import Scope

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE, Scope.EMBED)])

_FileId = Annotated[str, Path(max_length=256, description="The id of a file.")]


class JsonLines(FileResponse):
    """The bytes of a file."""

    media_type = "application/jsonl"


def batches_of(call: Call) -> Batches:
    """The files and batches of the service. Raises ApiError (404) if the operator has set that there are none."""
    if call.state.batches is None:
        raise ApiError(404, "Files and batches are off here: the operator has set no batches_dir", code="batches_off")
    return call.state.batches


async def file_of(call: Call, id: str, param: str = "id") -> FileRecord:
    """The caller's file. Raises ApiError (404)."""
    file = await batches_of(call).get_file(call.caller.owner, id)
    if file is None:
        raise ApiError(404, "There is no file with this id", param=param, code="file_not_found")
    return file


@router.post("/v1/files", summary="Upload a file of requests", openapi_extra=SCHEMA)
@openapi_responses(EXAMPLE)
async def create_file(http: Request, call: CurrentCall) -> Response:
    """A file for `POST /v1/batches`: a form (`multipart/form-data`) with the file in `file`, and `purpose` batch.

    Each line is a JSON object with a `custom_id`, the `method` POST, the `url` of an endpoint, and the `body` that a
    request to this endpoint would have. The file is on the service's disk until it is deleted or expires. Only the key
    that made it finds it.
    """
    batches = batches_of(call)
    owner = call.caller.owner
    await batches.threads.call(batches.files.check_room, owner)
    new = await batches.threads.call(batches.files.new)
    with new:
        upload = Upload(http, batches, new)
        form = await upload.read()
        call.check(form)
        seconds = lifetime("expires_after", form.expires_after, batches.limits.lifetime)
        return call.json(FileObject.of(await batches.keep_file(owner, upload.filename, new, seconds)))


@router.get("/v1/files", summary="List files")
@openapi_responses(EXAMPLE_LIST, errors=(400, 404))
async def list_files(
    call: CurrentCall,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 10_000,
    order: Annotated[Literal["asc", "desc"], Query(description="desc: the newest first.")] = "desc",
    after: Annotated[str | None, Query(max_length=256, description="Begin behind the file with this id.")] = None,
    purpose: Annotated[str | None, Query(max_length=256, description="Only files for this.")] = None,
) -> Response:
    """The files of the key, uploaded ones and results of batches."""
    batches = batches_of(call)
    query = {"limit": limit + 1, "after": after, "purpose": purpose, "ascending": order == "asc"}
    files = await batches.threads.call(batches.files.page, call.caller.owner, **query)
    if files is None:
        raise invalid("after", "after: there is no file with this id")
    return call.json(FileList.page(files, limit))


@router.get("/v1/files/{id}", summary="Get what is known about a file")
@openapi_responses(EXAMPLE, errors=(404,))
async def get_file(id: _FileId, call: CurrentCall) -> Response:
    """The size, the name and the times of a file."""
    return call.json(FileObject.of(await file_of(call, id)))


@router.get("/v1/files/{id}/content", summary="Get the bytes of a file", response_class=JsonLines)
async def get_content(id: _FileId, call: CurrentCall) -> Response:
    """The file as it was uploaded, or the results of a batch: a JSON object in each line."""
    file = await file_of(call, id)
    return JsonLines(batches_of(call).files.content(file.id), media_type=JsonLines.media_type)


@router.delete("/v1/files/{id}", summary="Delete a file")
@openapi_responses(EXAMPLE_DELETED, errors=(400, 404))
async def delete_file(id: _FileId, call: CurrentCall) -> Response:
    """Delete a file and its bytes now. The input of a batch that has not ended is refused: cancel the batch first."""
    batches = batches_of(call)
    await batches.threads.call(batches.store.delete_file, await file_of(call, id))
    return call.json(DeletedFile(id, "file", True))
