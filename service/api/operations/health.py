"""``/health/live``, ``/health/ready`` and ``/health``: is the process there, can it serve."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from service.api.errors import stopping
from service.api.openapi.response_models import Health
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.state import Service

router = APIRouter(tags=["operations"])

_OK = {"status": "ok", "reason": ""}
_UNREADY: dict[int | str, dict[str, Any]] = {
    503: {"model": Health, "description": "Loading, restarting, stopping or dead."}
}


@router.get("/health/live", summary="Is the process alive?", responses=answers(Health, _OK, errors=()))
async def live() -> Response:
    """200 as long as the process answers at all."""
    return Json(_OK)


@router.get("/health", summary="The same as /health/ready", responses=answers(Health, _OK, errors=()) | _UNREADY)
@router.get("/health/ready", summary="Can it serve?", responses=answers(Health, _OK, errors=()) | _UNREADY)
async def ready(state: Service) -> Response:
    """200 if requests are served now; else 503 with its reason: `loading`, `restarting`, `stopping` or `dead`."""
    if state.admission.closed:
        return Json(
            {"status": "stopping", "reason": "the service is stopping"}, status_code=503, headers=stopping().headers
        )
    unready = state.unready
    if unready is None:
        return Json(_OK)
    name = "engine" if unready is state.client else "reader"
    reason = unready.reason or f"the {name} is {unready.status}"
    return Json({"status": unready.status, "reason": reason}, status_code=503, headers={"retry-after": "5"})
