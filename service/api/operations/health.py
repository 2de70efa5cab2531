"""``/health/live``, ``/health/ready`` and ``/health``: whether the process answers, and whether it can serve."""

from typing import Literal

from fastapi import APIRouter
from starlette.responses import Response

from service.api.errors import RETRY_AFTER, stopping
from service.api.openapi.responses import openapi_responses
from service.api.state import CurrentState
from service.api.wire.response_model import JsonResponse, ResponseModel

router = APIRouter(tags=["operations"])


class HealthResponse(ResponseModel):
    """``reason`` says why the service is not ready."""

    status: Literal["ok", "loading", "restarting", "stopping", "dead"]
    reason: str


_OK = HealthResponse("ok", "")
_UNREADY = {503: ("Loading, restarting, stopping or dead.", HealthResponse("loading", "the engine is loading"))}


@router.get("/health/live", summary="Is the process alive?")
@openapi_responses(_OK, errors=())
async def live() -> Response:
    """200 as long as the process answers at all."""
    return JsonResponse(_OK)


@router.get("/health", summary="The same as /health/ready")
@router.get("/health/ready", summary="Can it serve?")
@openapi_responses(_OK, errors=(), others=_UNREADY)
async def ready(state: CurrentState) -> Response:
    """200 if requests are served now; else 503 with its reason: `loading`, `restarting`, `stopping` or `dead`."""
    if state.admission.closed:
        answer = HealthResponse("stopping", "the service is stopping")
        return JsonResponse(answer, status_code=503, headers=stopping().headers)
    unready = state.unready
    if unready is None:
        return JsonResponse(_OK)
    name, status = "engine" if unready is state.client else "reader", unready.status
    assert status != "ready"
    answer = HealthResponse(status, unready.reason or f"the {name} is {status}")
    return JsonResponse(answer, status_code=503, headers=RETRY_AFTER)
