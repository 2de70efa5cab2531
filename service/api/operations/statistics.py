"""``GET /v1/statistics``: the live view of the scheduler."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import Call, CurrentCall
from service.api.errors import stopping
from service.api.openapi.responses import openapi_responses
from service.api.operations.statistics_response import EXAMPLE, Statistics
from service.api.responses.event_stream import event
from service.keys.key import Scope
from service.models.capabilities import Capability
from service.serving.model import ServedModel

router = APIRouter(tags=["operations"], dependencies=[requires(Scope.STATISTICS)])


@router.get("/v1/statistics", summary="Watch the scheduler")
@openapi_responses(events=(EXAMPLE,), errors=(400, 404))
async def statistics(
    call: CurrentCall,
    model: Annotated[str | None, Query(max_length=512, description="Watch this model.")] = None,
) -> Response:
    """Server-sent events, up to four a second: the sequences, the KV blocks and the steps of a model's engine, by
    default of the model that generates. They have no text, no token and no name of a client. The engine does nothing
    for them while nobody watches.
    """
    return call.follow(_events(call, call.model(model, Capability.GENERATE).base))


async def _events(call: Call, model: ServedModel) -> AsyncGenerator[bytes, None]:
    async with aclosing(call.state.live_views.of(model).frames()) as frames:
        async for frame in frames:
            if call.state.admissions.closed:
                raise stopping()
            yield event(Statistics.of(frame))
