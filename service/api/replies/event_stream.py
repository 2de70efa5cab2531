"""Server-sent events: their bytes, and the response that sends them.

Rules that clients depend on: an event is one line of ASCII JSON after ``data: `` (some clients split lines at U+2028
and its kin), ended by LF LF; silence is broken by comments, from the first moment on; there is never an ``id:`` or
``retry:`` field, since after one of those a comment is an event to some clients; the last event is ``data: [DONE]``.
An error after the first byte is an event too.
"""

import asyncio
import json
import logging
import math
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack, aclosing, suppress
from typing import Any, Never

import msgspec
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.errors import ApiError, as_api_error, stopping
from service.api.limits.disconnect import CUT_EXTENSION, ClientDisconnected, raise_on_disconnect, run_guarded

logger = logging.getLogger(__name__)

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"

_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def event(data: dict[str, Any]) -> bytes:
    """One event."""
    line = msgspec.json.encode(data)
    if not line.isascii():  # msgspec is several times as fast, but cannot escape
        line = _encode(data).encode("ascii")
    return b"data: " + line + b"\n\n"


class _Unread(ClientDisconnected):
    """The client is there, but takes nothing."""


class EventStream(Response):
    """Sends the events of an async generator and DONE, and ends the generator when the client has gone away.

    ``owned`` is closed with the response, even if the generator never began. ``heartbeat`` is the longest silence, in
    seconds. A client that does not take what was sent for ``patience`` seconds is cut off. Exceptions of the
    generator, and the ApiError that ``late`` raises, become an error event.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        owned: ExitStack,
        heartbeat: float,
        patience: float,
        late: Callable[[], Coroutine[Any, Any, Never]],
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers({"cache-control": "no-cache, no-transform", "x-accel-buffering": "no", **(headers or {})})
        self._events = events
        self._owned = owned
        self._heartbeat = heartbeat
        self._patience = patience
        self._late = late
        self._ended = False  # the last event is on its way
        self._quiet_since = math.inf  # monotonic seconds; inf while something is being sent
        self._sending_since = math.inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._owned:
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await run_guarded(self._pump(send), self._beat(send), self._late(), raise_on_disconnect(receive))
            except _Unread:
                logger.warning("a stream was cut: its client took nothing of it for %g seconds", self._patience)
                await self._cut(scope, receive)
            except ClientDisconnected:
                pass
            except ApiError as error:  # it is late
                await self._give_up(error, scope, receive, send)
            except asyncio.CancelledError:  # the server will not wait any longer
                await self._give_up(stopping(), scope, receive, send)

    async def _give_up(self, error: ApiError, scope: Scope, receive: Receive, send: Send) -> None:
        self._owned.close()
        if self._ended:
            return
        self._ended = True
        try:
            async with asyncio.timeout(1):
                await send({"type": "http.response.body", "body": event(error.body()) + DONE})
        except TimeoutError:
            await self._cut(scope, receive)

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        """End a connection that takes nothing: closing it in good order would wait for the client."""
        self._owned.close()
        if cut := scope.get("extensions", {}).get(CUT_EXTENSION):
            cut()
            with suppress(ClientDisconnected):
                await raise_on_disconnect(receive)

    async def _pump(self, send: Send) -> None:
        self._quiet_since = asyncio.get_running_loop().time()
        async with aclosing(self._events) as events:
            try:
                async for chunk in events:
                    await self._send(send, chunk)
                end = DONE
            except Exception as error:
                end = event(as_api_error(error).body()) + DONE
        self._ended = True
        self._owned.close()  # whoever reads the last event finds its place free
        await self._send(send, end, more=False)
        self._quiet_since = math.inf

    async def _send(self, send: Send, body: bytes, *, more: bool = True) -> None:
        clock = asyncio.get_running_loop().time
        self._quiet_since, self._sending_since = math.inf, clock()
        await send({"type": "http.response.body", "body": body, "more_body": more})
        self._quiet_since, self._sending_since = clock(), math.inf

    async def _beat(self, send: Send) -> Never:
        """Break the silence, and lose patience."""
        clock = asyncio.get_running_loop().time
        while True:
            now = clock()
            if now - self._sending_since > self._patience:
                raise _Unread
            if now - self._quiet_since < self._heartbeat:
                await asyncio.sleep(min(self._heartbeat, self._quiet_since + self._heartbeat - now))
                continue
            try:
                async with asyncio.timeout(self._patience):
                    await send({"type": "http.response.body", "body": PING, "more_body": True})
            except TimeoutError:
                raise _Unread from None
            self._quiet_since = max(self._quiet_since, now)
