"""``GET /v1/models``, ``GET /v1/models/{id}``, and the load and the unload of a model.

Anthropic's API has the first two paths too. Its clients send the header ``anthropic-version`` and get its answers.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from model_store.errors import ModelStoreError
from service.api.auth.route_scopes import ANY_KEY, requires
from service.api.call import CurrentCall
from service.api.compat.anthropic import models as anthropic
from service.api.compat.anthropic.error_format import speaks_anthropic
from service.api.errors import RETRY_AFTER, ApiError
from service.api.openai.models.response import (
    EXAMPLE,
    EXAMPLE_LIST,
    ModelListResponse,
    ModelResponse,
    context_length,
    with_adapters,
)
from service.api.openapi.responses import openapi_responses
from service.api.requests.served_model import ModelPath
from service.errors import ProcessError
from service.keys.key import Scope
from service.serving.adapter import ServedAdapter
from service.serving.model import ServedModel

CurrentPage = Annotated[anthropic.Page, Depends(anthropic.read_page)]

router = APIRouter(tags=["openai"])


@router.get("/v1/models", summary="List the served models", dependencies=[ANY_KEY])
@openapi_responses(EXAMPLE_LIST, anthropic.EXAMPLE_PAGE, errors=())
async def list_models(http: Request, call: CurrentCall, page: CurrentPage) -> Response:
    """The models and adapters that are served, with what each can do and its state: `loading`, `ready`, `unloading`,
    `unloaded` or `failed`; `restarting` while its process is replaced. `max_model_len` is null while a model is not
    loaded. With the header `anthropic-version`, the answer has Anthropic's shape, page by page.
    """
    models = call.state.registry.models.values()
    if speaks_anthropic(http.scope):
        return call.json(page.of([_anthropic(each, call.state.started) for each in with_adapters(models)]))
    return call.json(ModelListResponse.from_models(models, call.state.started))


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
@openapi_responses(EXAMPLE, anthropic.EXAMPLE, errors=(404,))
async def get_model(id: ModelPath, http: Request, call: CurrentCall) -> Response:
    """A served model, by its id, which may hold slashes."""
    model = call.model(id)
    if speaks_anthropic(http.scope):
        return call.json(_anthropic(model, call.state.started))
    return call.json(ModelResponse.from_served(model, call.state.started))


def _anthropic(served: ServedModel | ServedAdapter, created: int) -> anthropic.AnthropicModel:
    return anthropic.AnthropicModel.of(served.name, created, context_length(served.base))
