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
    """

    header_timeout = 10.0
    _clock: asyncio.TimerHandle | None = None  # runs while the client owes us something

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
        super().connection_lost(exc)

    def handle_events(self) -> None:
        super().handle_events()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def _watch(self) -> None:
        if self.transport.is_closing() or not self._owes():
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


def connections(header_timeout: float) -> type[Connection]:
    """Connections with this patience, in seconds: uvicorn makes them of a class."""
    return type("Connection", (Connection,), {"header_timeout": header_timeout})
