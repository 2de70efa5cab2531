"""Whether the process answers (``/health/live``), and whether it can serve: ``/health/ready`` and its other names.

Load balancers ask ``GET /`` unless told otherwise, vLLM's and TGI's probes ``/ping``, SageMaker's too.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from service.api.errors import RETRY_AFTER, stopping
from service.api.openapi.responses import openapi_responses
from service.api.outcome import note_outcome
from service.api.state import CurrentState
from service.api.wire.response_model import JsonResponse, ResponseModel
from service.outcomes import Outcome
from service.serving.model import ModelStatus

router = APIRouter(tags=["operations"])


class HealthResponse(ResponseModel):
    """``reason`` says why the service, or the model, is not ready."""

    status: Literal["ok"] | ModelStatus
    reason: str


_OK = HealthResponse("ok", "")
_UNREADY = {503: ("Loading, restarting, stopping or dead.", HealthResponse("loading", "the model is loading"))}


@router.get("/health/live", summary="Is the process alive?")
@openapi_responses(_OK, errors=())
async def live() -> Response:
    """200 as long as the process answers at all."""
    return JsonResponse(_OK)


@router.get("/", summary="The same as /health/ready")
@router.post("/ping", include_in_schema=False)
@router.get("/ping", summary="The same as /health/ready")
@router.get("/health", summary="The same as /health/ready")
@router.get("/health/ready", summary="Can it serve?")
@openapi_responses(_OK, errors=(404,), others=_UNREADY)
async def ready(
    state: CurrentState,
    model: Annotated[str | None, Query(max_length=512, description="Ask about this model only.")] = None,
) -> Response:
    """200 if requests are served now; else 503 with its reason: `loading`, `restarting`, `stopping` or `dead`.

    With several models the service is ready when the models of the start are loaded or have failed, and one of them
    serves. A model that is loaded on demand serves too.
    """
    note_outcome(Outcome.OK)  # of the question, also if the service is not ready
    if state.admissions.closed:
        answer = HealthResponse("stopping", "the service is stopping")
        return JsonResponse(answer, status_code=503, headers=stopping().headers)
    models = list(state.registry.models.values()) if model is None else [state.registry.find(model).base]
    unready = next((each for each in models if not each.serves), None)
    if unready is None or (state.registry.has_started and any(each.serves for each in models)):
        return JsonResponse(_OK)
    answer = HealthResponse(unready.process_status, unready.process_reason or f"it is {unready.process_status}")
    return JsonResponse(answer, status_code=503, headers=RETRY_AFTER)
