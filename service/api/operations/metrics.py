"""``GET /metrics`` and ``GET /version``."""

from fastapi import APIRouter
from starlette.responses import PlainTextResponse, Response

import service
from service.api.auth.route_scopes import ANY_KEY, requires
from service.api.openapi.responses import openapi_responses
from service.api.state import CurrentState
from service.api.wire.response_model import JsonResponse, ResponseModel
from service.keys.key import Scope

router = APIRouter(tags=["operations"])


class VersionResponse(ResponseModel):
    """The service's version."""

    version: str


_VERSION = VersionResponse(service.__version__)


@router.get(
    "/metrics", summary="Prometheus metrics", response_class=PlainTextResponse, dependencies=[requires(Scope.METRICS)]
)
async def metrics(state: CurrentState) -> Response:
    """Every series of the service, in Prometheus' text format."""
    for name, model in state.registry.models.items():
        model.update_metrics()
        if model.process_status == "ready":
            state.admissions[name].fit(model.client.info)
        for adapter in model.adapters:
            state.metrics.expect_requests(adapter)
        if model.is_ready:
            model.metrics.admission(state.admissions[name].levels)
    body, content_type = state.metrics.render()
    return Response(body, media_type=content_type)


@router.get("/version", summary="The version", dependencies=[ANY_KEY])
@openapi_responses(_VERSION, errors=())
async def version() -> Response:
    """The version of the service."""
    return JsonResponse(_VERSION)
