"""``/openapi.json``, and ``/docs`` that reads it: Swagger UI from files on this machine, without any other host.

Swagger UI 4 reads OpenAPI 3.0 and FastAPI writes 3.1, so the document is written down to 3.0, which more generators
of clients read as well.
"""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.openapi.utils import get_openapi
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, Response
from swagger_ui_bundle import swagger_ui_path

from service.api.auth.route_scopes import ANY_KEY
from service.api.replies.reply import Json

_TAGS = [
    {"name": "native", "description": "The three tasks: generation, translation, question answering."},
    {"name": "openai", "description": "OpenAI's API, for clients that speak it."},
    {"name": "libretranslate", "description": "LibreTranslate's API, as JSON or as a form."},
    {"name": "deepl", "description": "DeepL's API, version 2, as JSON or as a form."},
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
        return Json(document)

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
    """The OpenAPI document."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=_TAGS
    )
    for path in document["paths"].values():
        for operation in path.values():
            operation["responses"].pop("422", None)  # FastAPI's; ours is 400
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
    return {**_as_3_0(document), "openapi": "3.0.3"}


def _as_3_0(node: Any) -> Any:
    """The same without what 3.0 lacks: null as a type, const, exclusive bounds that are numbers, lists of examples."""
    if isinstance(node, list):
        return [_as_3_0(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: value if key in {"example", "value"} else _as_3_0(value) for key, value in node.items()}
    if isinstance(node.get("anyOf"), list):
        kinds = [kind for kind in node["anyOf"] if kind != {"type": "null"}]
        nullable = {"nullable": True} if len(kinds) < len(node["anyOf"]) else {}
        rest = {key: value for key, value in node.items() if key != "anyOf"}
        if len(kinds) == 1 and "$ref" not in kinds[0]:
            return kinds[0] | rest | nullable
        node = {"allOf" if len(kinds) == 1 else "anyOf": kinds} | rest | nullable
    if node.get("type") == "null":
        node = {"nullable": True, "enum": [None]} | {key: value for key, value in node.items() if key != "type"}
    if "const" in node:
        node["enum"] = [node.pop("const")]
    for bound in ("Minimum", "Maximum"):
        if isinstance(node.get(f"exclusive{bound}"), int | float) and not isinstance(node[f"exclusive{bound}"], bool):
            node[bound.lower()] = node.pop(f"exclusive{bound}")
            node[f"exclusive{bound}"] = True
    return node
