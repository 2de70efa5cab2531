"""A client's HTTP/1.1 connection: the application can cut it, and a client that is too slow is cut."""

import asyncio
from http import HTTPStatus

import h11
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from service.api.wire.disconnect import CUT_EXTENSION
from service.server.descriptors import Descriptors, Use, refuse

_REFUSED_SECONDS = 1.0  # that a connection without a future may take for its head


class Connection(H11Protocol):
    """uvicorn's connection with limits on slow clients and on the number of clients.

    The scope of each request has the extension ``CUT_EXTENSION``, a function that ends the connection at once. A normal
    close would wait without end until the client has read everything.

    - The head of a request must be complete ``header_timeout`` seconds after its first byte. The time of the first head
      begins when the connection is made. Otherwise the answer is 408, even if bytes keep arriving slowly.
    - The rest of a body whose request is answered already must arrive in the same time. The application limits the
      time of other bodies.
    - A connection that takes one of the last descriptors gets 503 for its first request, and a second for its head. If
      many such connections are open, it is cut.
    - A client that reads nothing of a response for ``2 * send_timeout`` seconds is cut. A stream cuts its client
      earlier, after ``send_timeout``.

    h11 also bounds the size of a head; httptools would keep an endless head in memory.
    """

    header_timeout = 10.0  # seconds
    send_timeout = 120.0  # seconds
    descriptors = Descriptors()
    _read_timer: asyncio.TimerHandle | None = None  # runs while the client must send something
    _write_timer: asyncio.TimerHandle | None = None  # runs while the client must read something

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app
        match self.descriptors.use(transport.get_extra_info("socket").fileno()):
            case Use.FULL:
                app = refuse
                self.header_timeout = min(self.header_timeout, _REFUSED_SECONDS)
            case Use.SPENT:
                transport.abort()

        async def app_with_cut(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[CUT_EXTENSION] = transport.abort
            await app(scope, receive, send)

        self.app = app_with_cut
        self._update_read_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_read_timer()
        self._stop_write_timer()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._ensure_write_timer()

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.transport.is_closing():
            self._stop_write_timer()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._update_read_timer()

    def handle_events(self) -> None:
        super().handle_events()
        self._update_read_timer()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._update_read_timer()

    def _update_read_timer(self) -> None:
        """Start or stop the read timer after an event. A closing connection waits only for its client to read."""
        if self.transport.is_closing():
            self._stop_read_timer()
            self._ensure_write_timer()
        elif not self._waits_for_client():
            self._stop_read_timer()
        elif self._read_timer is None:
            self._read_timer = self.loop.call_later(self.header_timeout, self._on_read_timeout)

    def _waits_for_client(self) -> bool:
        """Whether the client must send the rest of a head, or the rest of a body that is answered already."""
        if self.conn.their_state is h11.SEND_BODY:
            return self.conn.our_state in (h11.DONE, h11.MUST_CLOSE)
        return self.conn.their_state is h11.IDLE and (self.cycle is None or self._has_partial_head())

    def _has_partial_head(self) -> bool:
        return bool(self.conn.trailing_data[0])

    def _stop_read_timer(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _on_read_timeout(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is not h11.IDLE or not self._has_partial_head():
            self.transport.abort()  # the request has been answered, or there was none
            return
        status = HTTPStatus.REQUEST_TIMEOUT
        headers = [("connection", "close"), ("content-length", "0")]
        response = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        self.transport.write(self.conn.send(response) + self.conn.send(h11.EndOfMessage()))
        self.transport.close()
        self._update_read_timer()

    def _ensure_write_timer(self) -> None:
        if self._write_timer is None:
            self._start_write_timer()

    def _start_write_timer(self) -> None:
        unread = self.transport.get_write_buffer_size()
        self._write_timer = self.loop.call_later(2 * self.send_timeout, self._on_write_timeout, unread)

    def _on_write_timeout(self, unread_before: int) -> None:
        """Cut the connection unless the write buffer has shrunk since the last check."""
        if self.transport.get_write_buffer_size() < unread_before:
            self._start_write_timer()
        else:
            self.transport.abort()

    def _stop_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None


def connection_class(*, header_timeout: float, send_timeout: float) -> type[Connection]:
    """A subclass of Connection with these limits, in seconds: uvicorn takes a class, not an instance."""
    own = {"header_timeout": header_timeout, "send_timeout": send_timeout, "descriptors": Descriptors()}
    return type("Connection", (Connection,), own)
