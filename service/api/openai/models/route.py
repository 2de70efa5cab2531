"""``GET /v1/models``, ``GET /v1/models/{id}``, and the load and the unload of a model."""

from fastapi import APIRouter
from starlette.responses import Response

from model_store.errors import ModelStoreError
from service.api.auth.route_scopes import ANY_KEY, requires
from service.api.call import CurrentCall
from service.api.errors import RETRY_AFTER, ApiError
from service.api.openai.models.response import EXAMPLE, EXAMPLE_LIST, ModelListResponse, ModelResponse
from service.api.openapi.responses import openapi_responses
from service.api.requests.served_model import ModelPath
from service.errors import ProcessError
from service.keys.key import Scope

router = APIRouter(tags=["openai"])


@router.get("/v1/models", summary="List the served models", dependencies=[ANY_KEY])
@openapi_responses(EXAMPLE_LIST, errors=())
async def list_models(call: CurrentCall) -> Response:
    """The models and adapters that are served, with what each can do and its state: `loading`, `ready`, `unloading`,
    `unloaded` or `failed`; `restarting` while its process is replaced. `max_model_len` is null while a model is not
    loaded.
    """
    return call.json(ModelListResponse.from_models(call.state.registry.models.values(), call.state.started))


@router.post("/v1/models/{id:path}/load", summary="Load a model", dependencies=[requires(Scope.ADMIN)])
@openapi_responses(EXAMPLE, errors=(404, 503))
async def load_model(id: ModelPath, call: CurrentCall) -> Response:
    """Load a model, and answer when it is ready. With the setting `runtime_fetch`, `id` may be any catalogue name, and
    files that are missing are fetched.
    """
    try:
        model = await call.state.registry.load(id)
    except (ProcessError, ModelStoreError) as error:
        raise ApiError(503, f"The model cannot be loaded: {error}", code="load_failed", headers=RETRY_AFTER) from error
    return call.json(ModelResponse.from_model(model, call.state.started))


@router.post("/v1/models/{id:path}/unload", summary="Unload a model", dependencies=[requires(Scope.ADMIN)])
@openapi_responses(EXAMPLE, errors=(404,))
async def unload_model(id: ModelPath, call: CurrentCall) -> Response:
    """Unload a model after the requests that use it have ended, and answer when its memory is free. A model with
    `load = "demand"` comes back with its next request; another one stays away until it is loaded here.
    """
    model = await call.state.registry.unload(id)
    return call.json(ModelResponse.from_model(model, call.state.started))


@router.get("/v1/models/{id:path}", summary="Describe a model", dependencies=[ANY_KEY])
@openapi_responses(EXAMPLE, errors=(404,))
async def get_model(id: ModelPath, call: CurrentCall) -> Response:
    """A served model, by its id, which may hold slashes."""
    return call.json(ModelResponse.from_served(call.model(id), call.state.started))
