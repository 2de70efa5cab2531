"""A client's connection, as uvicorn serves it: the application can cut it, and a slow client is cut."""

import asyncio
from http import HTTPStatus

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """HTTP/1.1. Each request's scope has the extension ``trivium.cut``: it ends the connection at once.

    Closing in good order would wait, without end, until the client has taken what was sent. h11 bounds what a
    request's head may take; httptools would keep an endless one in memory.

    The head of a request is to be whole ``header_timeout`` seconds after its first byte, that of the first request
    after the connection was made, however steadily it drips: else 408. So much time has a client as well for what is
    left of a body that is answered already. The time of other bodies is the application's to bound.

    A client that takes nothing of what was written for it in twice ``send_timeout`` seconds is cut: a stream has lost
    its own patience by then.
    """

    header_timeout = 10.0
    send_timeout = 120.0
    _clock: asyncio.TimerHandle | None = None  # runs while the client owes us something
    _drain: asyncio.TimerHandle | None = None  # runs while it does not take what is there

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})["trivium.cut"] = transport.abort
            await app(scope, receive, send)

        self.app = served
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self._taken()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_client()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._taken()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch()

    def handle_events(self) -> None:
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        if self.transport.is_closing():
            self._stop()
            self._wait_for_client()
        elif not self._owes():
            self._stop()
        elif self._clock is None:
            self._clock = self.loop.call_later(self.header_timeout, self._cut)

    def _owes(self) -> bool:
        if self.conn.their_state is h11.SEND_BODY:
            return self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_begun())

    def _has_begun(self) -> bool:
        """Whether there is a part of a head."""
        return bool(self.conn.trailing_data[0])

    def _stop(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _cut(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is not h11.IDLE or not self._has_begun():
            self.transport.abort()  # it has its answer, or has asked for nothing
            return
        status = HTTPStatus.REQUEST_TIMEOUT
        headers = [("connection", "close"), ("content-length", "0")]
        response = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        self.transport.write(self.conn.send(response) + self.conn.send(h11.EndOfMessage()))
        self.transport.close()
        self._watch()

    def _wait_for_client(self) -> None:
        if self._drain is None:
            self._look_again()

    def _look_again(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._drain = self.loop.call_later(2 * self.send_timeout, self._look, left)

    def _look(self, before: int) -> None:
        """So much was there: go on waiting only if some of it was taken."""
        if self.transport.get_write_buffer_size() < before:
            self._look_again()
        else:
            self.transport.abort()

    def _taken(self) -> None:
        if self._drain is not None:
            self._drain.cancel()
            self._drain = None


def connections(*, header_timeout: float, send_timeout: float) -> type[Connection]:
    """Connections with this patience, in seconds: uvicorn makes them of a class."""
    return type("Connection", (Connection,), {"header_timeout": header_timeout, "send_timeout": send_timeout})
