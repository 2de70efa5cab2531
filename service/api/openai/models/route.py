"""``GET /v1/models`` and ``GET /v1/models/{id}``."""

from fastapi import APIRouter
from starlette.responses import Response

from service.api.auth.route_scopes import ANY_KEY
from service.api.call import CurrentCall
from service.api.openai.models.response import EXAMPLE, EXAMPLE_LIST, ModelListResponse, ModelResponse
from service.api.openapi.responses import openapi_responses
from service.api.requests.served_model import ModelPath, check_model

router = APIRouter(tags=["openai"], dependencies=[ANY_KEY])


@router.get("/v1/models", summary="List the served model")
@openapi_responses(EXAMPLE_LIST, errors=())
async def list_models(call: CurrentCall) -> Response:
    """The one model that is served. `max_model_len` is null until the engine is ready."""
    return call.json(ModelListResponse("list", [ModelResponse.from_state(call.state)]))


@router.get("/v1/models/{id:path}", summary="Describe a model")
@openapi_responses(EXAMPLE, errors=(404,))
async def get_model(id: ModelPath, call: CurrentCall) -> Response:
    """The served model, by its id, which may hold slashes."""
    check_model(id, call.state)
    return call.json(ModelResponse.from_state(call.state))
