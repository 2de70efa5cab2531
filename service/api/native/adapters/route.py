"""``POST /v1/load_lora_adapter`` and ``POST /v1/unload_lora_adapter``, in vLLM's form."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Body
from starlette.responses import Response

from service.api.auth.route_scopes import requires
from service.api.call import CurrentCall
from service.api.errors import invalid
from service.api.native.adapters.request import (
    LOAD_EXAMPLES,
    UNLOAD_EXAMPLES,
    LoadAdapterRequest,
    UnloadAdapterRequest,
)
from service.api.openai.models.response import ADAPTER_EXAMPLE, ModelResponse
from service.api.openapi.responses import openapi_responses
from service.errors import AdapterInUse, UnsupportedAdapter
from service.keys.key import Scope

router = APIRouter(tags=["native"], dependencies=[requires(Scope.ADMIN)])


@router.post("/v1/load_lora_adapter", summary="Load an adapter")
@openapi_responses(ADAPTER_EXAMPLE, errors=(400, 404, 413, 415, 503))
async def load_adapter(
    body: Annotated[LoadAdapterRequest, Body(openapi_examples=LOAD_EXAMPLES)], call: CurrentCall
) -> Response:
    """Load a LoRA adapter in peft's format into a model, by default the one that generates. Requests name the adapter
    as their `model`.
    """
    call.check(body)
    path = Path(body.lora_path)
    if not path.is_absolute():
        raise invalid("lora_path", "lora_path: give an absolute path")
    try:
        adapter = await call.state.registry.load_adapter(body.lora_name, path, body.base_model_name)
    except (UnsupportedAdapter, AdapterInUse) as error:
        raise invalid("lora_path" if isinstance(error, UnsupportedAdapter) else "lora_name", str(error)) from error
    return call.json(ModelResponse.from_adapter(adapter, call.state.started))


@router.post("/v1/unload_lora_adapter", summary="Unload an adapter")
@openapi_responses(ADAPTER_EXAMPLE, errors=(400, 404, 413, 415, 503))
async def unload_adapter(
    body: Annotated[UnloadAdapterRequest, Body(openapi_examples=UNLOAD_EXAMPLES)], call: CurrentCall
) -> Response:
    """Forget an adapter after the requests that use it have ended."""
    call.check(body)
    adapter = await call.state.registry.unload_adapter(body.lora_name)
    return call.json(ModelResponse.from_adapter(adapter, call.state.started))
