"""Streams of events: the response that sends them, and server-sent events as most routes write them.

Clients depend on these rules. An event is one line of ASCII JSON after ``data: `` (some clients split lines at U+2028
and similar characters), ended by LF LF. Silence is broken by comments, from the first moment on. There is never an
``id:`` or ``retry:`` field, because after one of those some clients take a comment for an event. The last event is
``data: [DONE]``. An error after the first byte is an event too.
"""

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Any, Never

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.errors import ApiError, as_api_error, error_response, stopping
from service.api.outcome import note_outcome
from service.api.wire.disconnect import CUT_EXTENSION, ClientDisconnected, raise_on_disconnect, run_guarded
from service.api.wire.response_model import ResponseModel, to_ascii_json
from service.outcomes import Outcome

logger = logging.getLogger(__name__)

DONE = b"data: [DONE]\n\n"
PING = b": ping\n\n"

_FAREWELL_SECONDS = 1.0  # in which a client must have taken the last error event


def event(model: ResponseModel) -> bytes:
    """The bytes of one event."""
    return b"data: " + to_ascii_json(model) + b"\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamForm:
    """The form of a stream. ``ping`` breaks a silence, and ``done`` is the end mark."""

    media_type: str
    event: Callable[[ResponseModel], bytes]
    error: Callable[[ApiError], ResponseModel]
    ping: bytes
    done: bytes

    def last_error(self, error: ApiError) -> bytes:
        """The end of a stream that fails."""
        return self.event(self.error(error)) + self.done


SERVER_SENT_EVENTS = StreamForm(media_type="text/event-stream", event=event, error=error_response, ping=PING, done=DONE)


class EventStream(Response):
    """Sends the events of an async generator and their end mark, and closes the generator when the client disconnects.

    ``owned`` is closed with the response, even if the generator never began. ``heartbeat`` is the longest silence, and
    ``patience`` the longest time that the client may need to take a part, both in seconds. Exceptions of the generator
    and the ApiError that ``watch_deadline`` raises become an error event, and the outcome of the request. ``form`` is
    the form of all of these.
    """

    def __init__(
        self,
        events: AsyncGenerator[bytes, None],
        *,
        owned: ExitStack,
        heartbeat: float,
        patience: float,
        watch_deadline: Callable[[], Coroutine[Any, Any, Never]],
        headers: dict[str, str] | None = None,
        form: StreamForm = SERVER_SENT_EVENTS,
    ) -> None:
        self.media_type = form.media_type
        self.status_code = 200
        self.background = None
        self.init_headers({"cache-control": "no-cache, no-transform", "x-accel-buffering": "no", **(headers or {})})
        self._events = events
        self._owned = owned
        self._heartbeat = heartbeat
        self._patience = patience
        self._watch_deadline = watch_deadline
        self._form = form

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(send, self._form.ping)
        with self._owned:
            try:
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                await run_guarded(
                    self._send_events(body),
                    body.break_silence(self._heartbeat),
                    body.raise_on_stall(self._patience),
                    self._watch_deadline(),
                    raise_on_disconnect(receive),
                )
            except _ClientStalled:
                logger.warning("a stream was cut: the client read nothing for %g seconds", self._patience)
                note_outcome(Outcome.CLIENT_GONE)
                await self._cut(scope, receive)
            except ClientDisconnected:
                note_outcome(Outcome.CLIENT_GONE)
            except ApiError as error:  # the deadline has passed
                await self._end_with_error(error, body, scope, receive)
            except asyncio.CancelledError:  # the server stops and waits no longer
                await self._end_with_error(stopping(), body, scope, receive)

    async def _send_events(self, body: "_Body") -> None:
        async with aclosing(self._events) as events:
            try:
                async for chunk in events:
                    await body.send(chunk)
                end = self._form.done
            except Exception as error:
                answer = as_api_error(error)
                note_outcome(answer.outcome)
                end = self._form.last_error(answer)
        self._owned.close()  # before the last event: a client that has read it finds the places free
        await body.end(end)

    async def _end_with_error(self, error: ApiError, body: "_Body", scope: Scope, receive: Receive) -> None:
        if body.is_ended:
            self._owned.close()
            return
        note_outcome(error.outcome)  # before the work is closed, which tells why
        self._owned.close()
        try:
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await body.end(self._form.last_error(error))
        except TimeoutError:
            await self._cut(scope, receive)

    async def _cut(self, scope: Scope, receive: Receive) -> None:
        """Drop the connection of a client that reads nothing: an orderly end would wait for the client."""
        self._owned.close()
        if cut := scope.get("extensions", {}).get(CUT_EXTENSION):
            cut()
            with suppress(ClientDisconnected):
                await raise_on_disconnect(receive)


class _ClientStalled(Exception):
    """The client is connected, but reads nothing."""


class _Body:
    """The body of one response. It owns the times since when it is silent, and since when a part is being sent."""

    def __init__(self, send: Send, ping: bytes) -> None:
        self._send = send
        self._ping = ping
        self._clock = asyncio.get_running_loop().time
        self._silent_since = self._clock()  # inf while a part is being sent, and after the end
        self._sending_since = math.inf  # inf while nothing is being sent
        self.is_ended = False  # the last part is sent, or on its way

    async def send(self, part: bytes) -> None:
        """Send a part, and wait until the client has taken enough of it."""
        await self._timed(part, more=True)
        self._silent_since = self._clock()

    async def end(self, part: bytes) -> None:
        """Send the last part."""
        self.is_ended = True
        await self._timed(part, more=False)

    async def break_silence(self, seconds: float) -> Never:
        """Send a ping whenever nothing was sent for ``seconds``."""
        while True:
            wait = self._silent_since + seconds - self._clock()
            if wait > 0:
                await asyncio.sleep(min(wait, seconds))
            else:
                await self.send(self._ping)

    async def raise_on_stall(self, seconds: float) -> Never:
        """Raise _ClientStalled when sending one part takes more than ``seconds``."""
        while True:
            wait = self._sending_since + seconds - self._clock()
            if wait <= 0:
                raise _ClientStalled
            await asyncio.sleep(min(wait, seconds))

    async def _timed(self, part: bytes, *, more: bool) -> None:
        started = self._clock()
        self._silent_since, self._sending_since = math.inf, started
        await self._send({"type": "http.response.body", "body": part, "more_body": more})
        if self._sending_since == started:  # else an event overtook this ping, and is being sent
            self._sending_since = math.inf
