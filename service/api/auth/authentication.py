"""Nothing is answered without a key, but for what ``doors`` lists.

This is plain ASGI before the router, so no route can be forgotten, and a wrong key costs a hash and some comparisons.
"""

from collections.abc import Callable, Sequence
from functools import partial

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.auth.credentials import FIELD, in_body, in_headers
from service.api.auth.route_scopes import WITHOUT_KEY, Door, Doors
from service.api.errors import ApiError, respond
from service.api.limits.token_rate import rate_limited
from service.errors import ExpiredKey, UnknownKey
from service.keys.caller import ANYBODY, NOBODY, Caller, Callers
from service.keys.limiter import Limits
from service.metrics import Metrics


class Auth:
    """Puts the Caller into ``scope["user"]``, or answers 400, 401, 403 or 429. Without ``callers`` everybody may come.

    A key is in a header. For some routes it may be in the body, which is read then as far as ``bounded`` lets it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        routes: Sequence[BaseRoute],
        callers: Callers | None,
        metrics: Metrics,
        bounded: Callable[[ASGIApp], ASGIApp],
    ) -> None:
        self.app = app
        self._doors = Doors(routes)
        self._callers = callers
        self._metrics = metrics
        self._bounded = bounded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        if self._callers is None:
            scope["user"] = ANYBODY
            return await self.app(scope, receive, send)
        door, takes_method = self._doors.find(scope)
        if door is not None:
            scope["route"] = door.route  # whose errors' shape it will be
        if door is None or not takes_method:  # there is a 404 or 405 behind it, for whoever has a key
            return await self._judge(None, set(in_headers(Headers(scope=scope))), scope, receive, send)
        if (scope["method"], door.route.path) in WITHOUT_KEY:
            scope["user"] = NOBODY
            return await self.app(scope, receive, send)
        if door.takes_key_in_body:
            return await self._bounded(partial(self._judge_by_body, door))(scope, receive, send)
        await self._judge(door, set(in_headers(Headers(scope=scope))), scope, receive, send)

    async def _judge_by_body(self, door: Door, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
        except HTTPException as error:  # it is too large, or takes too long
            return await respond(error, scope)(scope, receive, send)
        if body is not None:
            headers = Headers(scope=scope)
            secrets = {*in_headers(headers), *in_body(headers, body)}
            await self._judge(door, secrets, scope, _again(body, receive), send)

    async def _judge(self, door: Door | None, secrets: set[str], scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if FIELD in QueryParams(scope["query_string"]):
                message = f"{FIELD}: keys in URLs end up in logs; send it in the header authorization"
                raise ApiError(400, message, param=FIELD, code="misplaced_api_key")
            caller = self._caller(secrets)
            send = _telling(caller.limits, send)
            requests = caller.limits.requests
            if requests is not None and (wait := requests.take(1)):
                raise rate_limited(f"{requests.per_minute} requests", wait)
            if door is not None:
                door.admit(caller)
        except ApiError as refusal:
            self._metrics.key_refused(str(refusal.code))
            return await respond(refusal, scope)(scope, receive, send)
        scope["user"] = caller
        await self.app(scope, receive, send)

    def _caller(self, secrets: set[str]) -> Caller:
        """Who has shown these. Raises ApiError."""
        assert self._callers is not None
        if not secrets:
            raise _unknown("There is no key in the request; send one as authorization: Bearer", "missing_api_key")
        if len(secrets) > 1:
            raise ApiError(400, "There are two different keys in the request; send one", code="ambiguous_api_key")
        try:
            return self._callers.find(secrets.pop())
        except UnknownKey:
            raise _unknown("The key is not known here", "invalid_api_key") from None
        except ExpiredKey:
            raise _unknown("The key has expired", "expired_api_key") from None


def _unknown(message: str, code: str) -> ApiError:
    return ApiError(401, message, code=code, headers={"www-authenticate": "Bearer"})


async def _read(receive: Receive) -> bytes | None:
    """The whole body, or None if its sender has gone away."""
    chunks = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives the body once more, and then what comes after it."""
    message: Message | None = {"type": "http.request", "body": body, "more_body": False}

    async def replayed() -> Message:
        nonlocal message
        if message is None:
            return await receive()
        first, message = message, None
        return first

    return replayed


def _telling(limits: Limits, send: Send) -> Send:
    """``send`` that adds to the answer what the key has left, under OpenAI's names."""
    buckets = {name: each for name in ("requests", "tokens") if (each := getattr(limits, name)) is not None}
    if not buckets:
        return send

    async def telling(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, bucket in buckets.items():
                headers[f"x-ratelimit-limit-{name}"] = str(bucket.per_minute)
                headers[f"x-ratelimit-remaining-{name}"] = str(bucket.remaining)
                headers[f"x-ratelimit-reset-{name}"] = f"{bucket.full_seconds:.3f}s"
        await send(message)

    return telling
