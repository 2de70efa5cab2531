"""CORS: browsers on other origins may read answers if the setting ``cors_origins`` names their origin.

A browser asks before it sends JSON or a key: such a preflight carries no key, so it is answered before authentication.
"""

from collections.abc import Collection

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.errors import ApiError, respond

_EXPOSED_HEADERS = (
    "retry-after",
    "traceresponse",
    "x-ignored-params",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-request-id",
    "request-id",
    "x-should-retry",
    "x-translation-flags",
)


class CorsHeadersMiddleware(CORSMiddleware):
    """Adds the headers that let a script of an allowed origin read the answer, to every answer, errors too."""

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        super().__init__(app, allow_origins=origins, expose_headers=_EXPOSED_HEADERS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _is_preflight(scope):
            return await self.app(scope, receive, send)
        await self.simple_response(scope, receive, send, request_headers=Headers(scope=scope))


class PreflightMiddleware:
    """Answers preflights. Any method and header is allowed to an allowed origin; cookies are not.

    A refusal names the setting that would allow it. An allowed origin may also ask from a public page for a service on
    this machine or network: that is what the setting allows.
    """

    def __init__(self, app: ASGIApp, *, origins: Collection[str]) -> None:
        self.app = app
        self._cors = CORSMiddleware(
            app, allow_origins=origins, allow_methods=("*",), allow_headers=("*",), allow_private_network=True
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _is_preflight(scope):
            return await self.app(scope, receive, send)
        await self._answer(scope)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response:
        headers = Headers(scope=scope)
        if self._cors.is_allowed_origin(headers["origin"]):
            return self._cors.preflight_response(headers)
        message = "Pages of this origin may not use the service: the operator's setting cors_origins does not name it"
        return respond(ApiError(403, message, code="origin_not_allowed", headers={"vary": "Origin"}), scope)


def _is_preflight(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return scope["method"] == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
