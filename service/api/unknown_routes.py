"""Paths that are not served: a 404 that says what to use, in the error format of the API that the path belongs to."""

from collections.abc import Awaitable, Callable, Iterator, Sequence

from fastapi import APIRouter
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.auth.route_scopes import ANY_KEY
from service.api.compat.anthropic.error_format import AnthropicRoute, anthropic_error, speaks_anthropic
from service.api.compat.cohere.error_format import CohereRoute
from service.api.compat.deepl.error_format import DeepLRoute
from service.api.compat.libretranslate.error_format import LibreTranslateRoute
from service.api.compat.llamacpp.error_format import LlamaRoute
from service.api.compat.ollama.error_format import OllamaRoute
from service.api.compat.tgi.error_format import TextRoute
from service.api.errors import ERROR_FORMAT, ApiError
from service.api.unserved_routes import INSTEAD, INSTEAD_OF_METHODS
from service.api.wire.response_model import ResponseModel

ErrorFormat = Callable[[ApiError], ResponseModel]

_EVERYTHING = "GET /openapi.json lists what is served"
_BASE_URL = "The base URL of OpenAI's clients ends in /v1"

_OLLAMA = ("chat", "generate", "embed", "embeddings", "tags", "ps", "show", "pull", "version")
_OLLAMA_NOT_SERVED = ("create", "copy", "delete", "push", "blobs", "web_search", "web_fetch")

# The first prefix of a path decides. Other paths have OpenAI's shape.
_FORMATS: Sequence[tuple[str, ErrorFormat]] = (
    ("/v1/messages", AnthropicRoute.error_format),
    ("/v1/complete", anthropic_error),
    ("/v1/embed", CohereRoute.error_format),
    ("/v1/embed-jobs", CohereRoute.error_format),
    ("/v1/rerank", CohereRoute.error_format),
    ("/rerank", CohereRoute.error_format),
    ("/v2/embed", CohereRoute.error_format),
    ("/v2/rerank", CohereRoute.error_format),
    ("/v2", DeepLRoute.error_format),
    ("/v3", DeepLRoute.error_format),
    ("/translate", LibreTranslateRoute.error_format),
    ("/translate_file", LibreTranslateRoute.error_format),
    ("/download_file", LibreTranslateRoute.error_format),
    ("/detect", LibreTranslateRoute.error_format),
    ("/suggest", LibreTranslateRoute.error_format),
    ("/frontend", LibreTranslateRoute.error_format),
    ("/spec", LibreTranslateRoute.error_format),
    *((f"/{name}", LlamaRoute.error_format) for name in ("completion", "infill", "props", "slots", "apply-template")),
    *((f"/{name}", LlamaRoute.error_format) for name in ("embedding", "lora-adapters", "models/load", "models/unload")),
    *((f"/{name}", TextRoute.error_format) for name in ("generate", "generate_stream", "chat_tokenize", "info")),
    *((f"/api/{name}", OllamaRoute.error_format) for name in (*_OLLAMA, *_OLLAMA_NOT_SERVED)),
)

router = APIRouter(include_in_schema=False, dependencies=[ANY_KEY])


class ErrorFormatMiddleware:
    """Puts the error format of the path or of the client into the scope, for errors without a route or of OpenAI's.

    Anthropic's clients share paths with OpenAI's. A route of another API keeps its own format.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            format = next((format for prefix, format in _FORMATS if _is_under(scope["path"], prefix)), None)
            if speaks_anthropic(scope):
                format = anthropic_error
            if format is not None:
                scope[ERROR_FORMAT] = format
        await self.app(scope, receive, send)


class UnknownRoute:
    """The router's last resort, an ASGI application. Raises ApiError (404)."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        contexts = (context.original_route for context in iter_route_contexts(routes))
        self._routes = [each for each in contexts if isinstance(each, APIRoute) and each.include_in_schema]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (instead := _instead(scope["path"])) is not None:
            raise _unserved(instead)
        for path in _alike(scope["path"]):
            if (served := self._find({**scope, "path": path})) is not None:
                base_url = f". {_BASE_URL}" if served.path == f"/v1{scope['path'].rstrip('/')}" else ""
                raise _unknown(f"There is no such route; use {scope['method']} {served.path_format}{base_url}")
        if (instead := _instead(f"/v1{scope['path']}")) is not None:
            raise _unserved(f"{instead}. {_BASE_URL}")
        raise _unknown(f"There is no such route. {_EVERYTHING}")

    def _find(self, scope: Scope) -> APIRoute | None:
        return next((each for each in self._routes if each.matches(scope)[0] is Match.FULL), None)


@router.api_route("/models", methods=["GET", "POST"])
@router.get("/models/{id:path}")
async def models_without_version() -> Response:
    """Raises ApiError: OpenAI's clients list models so if their base URL lacks /v1."""
    raise _unknown(f"There is no such route; use GET /v1/models. {_BASE_URL}")


def _refusal(instead: str) -> Callable[[], Awaitable[Response]]:
    async def refuse() -> Response:
        raise _unserved(instead)

    return refuse


for _method, _path, _words in INSTEAD_OF_METHODS:
    router.add_api_route(_path, _refusal(_words), methods=[_method])


def _instead(path: str) -> str | None:
    return next((instead for prefix, instead in INSTEAD if _is_under(path, prefix)), None)


def _unserved(instead: str) -> ApiError:
    return _unknown(f"This is not served here: {instead}")


def _unknown(message: str) -> ApiError:
    return ApiError(404, message, code="unknown_route")


def _is_under(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(f"{prefix}/")


def _alike(path: str) -> Iterator[str]:
    """Paths that the client may have meant: without an end, with /v1 before it, or without a beginning."""
    path = path.rstrip("/")
    yield path
    for start, character in enumerate(path[:_LONGEST]):
        if character == "/":
            yield f"/v1{path[start:]}"
            yield path[start:]


_LONGEST = 100  # characters in which a beginning is looked for
