"""``/openapi.json``, and ``/docs`` with Swagger UI 5 from an installed package. No other host is needed."""

from collections.abc import Iterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from service.api.auth.route_scopes import ANY_KEY
from service.api.openapi.responses import SCHEMAS, responses_of
from service.api.wire.response_model import JsonResponse, ResponseModel

_TAGS = [
    {"name": "native", "description": "Generation, translation, question answering, scores of pairs."},
    {"name": "openai", "description": "OpenAI's API, for clients that speak it."},
    {"name": "anthropic", "description": "Anthropic's API, for clients that speak it."},
    {"name": "ollama", "description": "Ollama's API, for clients that speak it."},
    {"name": "tgi", "description": "Text Generation Inference's API, for clients that speak it."},
    {"name": "llama.cpp", "description": "The API of llama.cpp's server, for clients that speak it."},
    {"name": "libretranslate", "description": "LibreTranslate's API, as JSON or as a form."},
    {"name": "deepl", "description": "DeepL's API, version 2, as JSON or as a form."},
    {"name": "cohere", "description": "Cohere's embeddings and re-ranking, and Jina's re-ranking."},
    {"name": "huggingface", "description": "Hugging Face's inference tasks, for huggingface_hub's InferenceClient."},
    {"name": "tokens", "description": "The model's tokenizer."},
    {"name": "operations", "description": "Health, metrics, version."},
]

_ASSETS = {"swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"}


def install(app: FastAPI) -> None:
    """Add the routes. The document is made once, when it is first asked for."""
    document: dict[str, Any] = {}

    @app.get("/openapi.json", include_in_schema=False, dependencies=[ANY_KEY])
    async def openapi() -> Response:
        if not document:
            document.update(describe(app))
        return JsonResponse(document)

    @app.get("/docs", include_in_schema=False, dependencies=[ANY_KEY])
    async def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="openapi.json",
            title=f"{app.title} - API",
            swagger_js_url="docs/assets/swagger-ui-bundle.js",
            swagger_css_url="docs/assets/swagger-ui.css",
            swagger_favicon_url="docs/assets/favicon-32x32.png",
        )

    @app.get("/docs/assets/{name}", include_in_schema=False, dependencies=[ANY_KEY])
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404)
        return FileResponse(swagger_ui_path / name)


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, version 3.1."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
    )
    models: dict[type[ResponseModel], None] = {}
    for route in _documented_routes(app):
        operations = document["paths"][route.path_format]
        for method in (route.methods or set()) & {"GET", "POST", "PUT", "PATCH", "DELETE"}:
            operation = operations[method.lower()]
            operation["responses"].pop("422", None)  # FastAPI's; this service answers 400
            if declared := responses_of(route):
                operation["responses"] = declared.describe(route)
                models |= dict.fromkeys(declared.models(route))
    schemas = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas |= msgspec.json.schema_components(models, ref_template=SCHEMAS + "{name}")[1]
    return document


def _documented_routes(app: FastAPI) -> Iterator[APIRoute]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            yield route
