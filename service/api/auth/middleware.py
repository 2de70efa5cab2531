"""Authentication: no request is answered without a key, except on the public routes.

This is plain ASGI in front of the router, so that no route can be forgotten. A wrong key costs one hash and a few
comparisons.
"""

from collections.abc import Callable, Sequence
from functools import partial

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.auth.credentials import API_KEY_FIELD, secrets_in_body, secrets_in_headers
from service.api.auth.route_scopes import PUBLIC_ROUTES, ProtectedRoute, RouteScopes
from service.api.errors import ApiError, respond
from service.api.limits.token_rate import rate_limited
from service.api.wire.in_process import IN_PROCESS_CALLER
from service.errors import ExpiredKey, UnknownKey
from service.keys.authenticator import KeyAuthenticator
from service.keys.caller import ANONYMOUS, UNRESTRICTED, Caller
from service.keys.rate_limits import KeyLimits
from service.metrics import Metrics


class AuthMiddleware:
    """Puts the Caller into ``scope["user"]``, or answers 400, 401, 403 or 429.

    Without an ``authenticator`` every request is allowed. A key is in a header; on some routes it may be in the body,
    which is then read through ``limit_body``.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[BaseRoute],
        authenticator: KeyAuthenticator | None,
        metrics: Metrics,
        limit_body: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        self.app = app
        self._routes = RouteScopes(routes)
        self._authenticator = authenticator
        self._metrics = metrics
        self._limit_body = limit_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if (caller := scope.get(IN_PROCESS_CALLER)) is not None:
            return await self._trust(caller, scope, receive, send)
        if self._authenticator is None:
            scope["user"] = UNRESTRICTED
            return await self.app(scope, receive, send)
        route, accepts_method = self._routes.find(scope)
        if route is not None:
            scope["route"] = route.route  # decides the format of errors
        if route is None or not accepts_method:  # the answer is 404 or 405, which only a caller with a key may see
            return await self._authorize(None, set(secrets_in_headers(Headers(scope=scope))), scope, receive, send)
        if (scope["method"], route.route.path) in PUBLIC_ROUTES:
            scope["user"] = ANONYMOUS
            return await self.app(scope, receive, send)
        if route.accepts_key_in_body:
            return await self._limit_body(partial(self._authorize_with_body, route))(scope, receive, send)
        await self._authorize(route, set(secrets_in_headers(Headers(scope=scope))), scope, receive, send)

    async def _trust(self, caller: Caller, scope: Scope, receive: Receive, send: Send) -> None:
        """A call from within the process, for a caller that is known already. It counts as no request of the key."""
        route, _ = self._routes.find(scope)
        assert route is not None
        scope["route"], scope["user"] = route.route, caller
        try:
            route.check(caller)
        except ApiError as refusal:
            return await respond(refusal, scope)(scope, receive, send)
        await self.app(scope, receive, send)

    async def _authorize_with_body(self, route: ProtectedRoute, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read_body(receive)
        except HTTPException as error:  # the body is too large or too slow
            return await respond(error, scope)(scope, receive, send)
        if body is not None:
            headers = Headers(scope=scope)
            secrets = {*secrets_in_headers(headers), *secrets_in_body(headers, body)}
            await self._authorize(route, secrets, scope, _replay_body(body, receive), send)

    async def _authorize(
        self, route: ProtectedRoute | None, secrets: set[str], scope: Scope, receive: Receive, send: Send
    ) -> None:
        try:
            if API_KEY_FIELD in QueryParams(scope["query_string"]):
                message = f"{API_KEY_FIELD}: keys in URLs end up in logs; send it in the header authorization"
                raise ApiError(400, message, param=API_KEY_FIELD, code="misplaced_api_key")
            caller = self._authenticate(secrets)
            send = _with_rate_limit_headers(caller.limits, send)
            requests = caller.limits.requests
            if requests is not None and (wait := requests.try_consume(1)):
                raise rate_limited(f"{requests.per_minute} requests", wait)
            if route is not None:
                route.check(caller)
        except ApiError as refusal:
            self._metrics.key_refused(str(refusal.code))
            return await respond(refusal, scope)(scope, receive, send)
        scope["user"] = caller
        await self.app(scope, receive, send)

    def _authenticate(self, secrets: set[str]) -> Caller:
        """The caller with these secrets. Raises ApiError (401, or 400 for several different secrets)."""
        assert self._authenticator is not None
        if not secrets:
            raise _unauthorized("There is no key in the request; send one as authorization: Bearer", "missing_api_key")
        if len(secrets) > 1:
            raise ApiError(400, "There are two different keys in the request; send one", code="ambiguous_api_key")
        try:
            return self._authenticator.authenticate(secrets.pop())
        except UnknownKey:
            raise _unauthorized("The key is not known here", "invalid_api_key") from None
        except ExpiredKey:
            raise _unauthorized("The key has expired", "expired_api_key") from None


def _unauthorized(message: str, code: str) -> ApiError:
    return ApiError(401, message, code=code, headers={"www-authenticate": "Bearer"})


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None if the client has disconnected."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _replay_body(body: bytes, receive: Receive) -> Receive:
    """A ``receive`` that returns the body once more, and then the messages that follow it."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replaying_receive() -> Message:
        nonlocal message
        if message is None:
            return await receive()
        first, message = message, None
        return first

    return replaying_receive


def _with_rate_limit_headers(limits: KeyLimits, send: Send) -> Send:
    """A ``send`` that adds the key's remaining requests and tokens to the response, under OpenAI's header names."""
    buckets = {name: each for name in ("requests", "tokens") if (each := getattr(limits, name)) is not None}
    if not buckets:
        return send

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, bucket in buckets.items():
                headers[f"x-ratelimit-limit-{name}"] = str(bucket.per_minute)
                headers[f"x-ratelimit-remaining-{name}"] = str(bucket.remaining)
                headers[f"x-ratelimit-reset-{name}"] = f"{bucket.seconds_until_full:.3f}s"
        await send(message)

    return send_with_headers
