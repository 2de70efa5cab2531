"""``GET /metrics`` and ``GET /version``."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

import service
from service.api.auth.route_scopes import ANY_KEY, requires
from service.api.openapi.response_models import Version
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.state import Service
from service.keys.key import Scope

router = APIRouter(tags=["operations"])


@router.get(
    "/metrics", summary="Prometheus metrics", response_class=PlainTextResponse, dependencies=[requires(Scope.METRICS)]
)
async def metrics(state: Service) -> Response:
    """Every series of the service, in Prometheus' text format."""
    if state.client.status != "ready":
        state.metrics.engine_down()
    if state.reader is None or state.reader.status != "ready":
        state.metrics.reader_down()
    body, content_type = state.metrics.render()
    return Response(body, media_type=content_type)


@router.get(
    "/version",
    summary="The version",
    responses=answers(Version, {"version": service.__version__}, errors=()),
    dependencies=[ANY_KEY],
)
async def version() -> Response:
    """The version of the service."""
    return Json({"version": service.__version__})
