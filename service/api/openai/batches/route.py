"""``/v1/batches``."""

from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from starlette.responses import Response

from service.api.auth.route_scopes import check_scopes, requires
from service.api.call import Call, CurrentCall
from service.api.errors import ApiError, invalid
from service.api.openai.batches.request import ENDPOINTS, EXAMPLES, BatchRequest
from service.api.openai.batches.response import EXAMPLE, EXAMPLE_LIST, Batch, BatchList
from service.api.openai.files.route import batches_of, file_of
from service.api.openapi.responses import openapi_responses
from service.api.requests.lifetime import lifetime
from service.batches.files import BATCH
from service.batches.records import BatchRecord
from service.keys.key import Scope

router = APIRouter(tags=["openai"], dependencies=[requires(Scope.GENERATE, Scope.EMBED)])

_BatchId = Annotated[str, Path(max_length=256, description="The id of a batch.")]


@router.post("/v1/batches", summary="Compute the lines of a file in the background")
@openapi_responses(EXAMPLE)
async def create_batch(body: Annotated[BatchRequest, Body(openapi_examples=EXAMPLES)], call: CurrentCall) -> Response:
    """Each line of the file is computed as a request to `endpoint`, after the requests of clients that wait.

    The answers become the lines of an output file, the errors those of an error file. A batch continues after a
    restart, and expires after 24 hours; the lines that are done by then are kept. Lines use the key's tokens a minute.
    """
    call.check(body)
    batches = batches_of(call)
    check_scopes(call.caller, {ENDPOINTS[body.endpoint]})
    seconds = lifetime("output_expires_after", body.output_expires_after, batches.limits.lifetime)
    file = await file_of(call, body.input_file_id, "input_file_id")
    if file.purpose != BATCH:
        raise invalid("input_file_id", "input_file_id: this file was not uploaded with the purpose batch")
    return call.json(Batch.of(await batches.create(call.caller.owner, body.endpoint, file, body.metadata, seconds)))


@router.get("/v1/batches", summary="List batches")
@openapi_responses(EXAMPLE_LIST, errors=(400, 404))
async def list_batches(
    call: CurrentCall,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=256, description="Begin behind the batch with this id.")] = None,
) -> Response:
    """The batches of the key, the newest first."""
    found = await batches_of(call).page(call.caller.owner, limit=limit + 1, after=after)
    if found is None:
        raise invalid("after", "after: there is no batch with this id")
    return call.json(BatchList.page(found, limit))


@router.get("/v1/batches/{id}", summary="Get a batch")
@openapi_responses(EXAMPLE, errors=(404,))
async def get_batch(id: _BatchId, call: CurrentCall) -> Response:
    """The state of a batch, and the ids of its files when it has ended. Only the key that made it finds it."""
    return call.json(Batch.of(await _batch(call, id)))


@router.post("/v1/batches/{id}/cancel", summary="Cancel a batch")
@openapi_responses(EXAMPLE, errors=(404,))
async def cancel_batch(id: _BatchId, call: CurrentCall) -> Response:
    """Compute no further line. The lines that are done keep their answers. A batch that has ended stays as it is."""
    return call.json(Batch.of(await batches_of(call).cancel(await _batch(call, id))))


async def _batch(call: Call, id: str) -> BatchRecord:
    """Raises ApiError (404)."""
    batch = await batches_of(call).get(call.caller.owner, id)
    if batch is None:
        raise ApiError(404, "There is no batch with this id", param="id", code="batch_not_found")
    return batch
