"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_KEY
from service.api.openapi import examples
from service.api.openapi.response_models import Model, ModelList
from service.api.openapi.responses import answers
from service.api.replies.reply import Json
from service.api.requests.checks import ModelPath, check_model
from service.api.state import Service, State

router = APIRouter(tags=["openai"], dependencies=[ANY_KEY])


@router.get(
    "/v1/models",
    summary="List the served model",
    responses=answers(ModelList, {"object": "list", "data": [examples.MODEL]}, errors=()),
)
async def list_models(state: Service) -> Response:
    """The one model that is served. `max_model_len` is null until the engine is ready."""
    return Json({"object": "list", "data": [_describe(state)]})


@router.get("/v1/models/{id:path}", summary="Describe a model", responses=answers(Model, examples.MODEL, errors=(404,)))
async def get_model(id: ModelPath, state: Service) -> Response:
    """The served model, by its id, which may hold slashes."""
    check_model(id, state)
    return Json(_describe(state))


def _describe(state: State) -> dict[str, Any]:
    return {
        "id": state.model_name,
        "object": "model",
        "created": state.started,
        "owned_by": "trivium",
        "root": state.model.name,
        "parent": None,
        "max_model_len": state.client.info.max_model_len if state.client.status == "ready" else None,
    }
