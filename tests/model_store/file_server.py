"""A real HTTP server on 127.0.0.1 that misbehaves on demand."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

PIECE = 64 << 10


@dataclass
class Resource:
    """The response to requests for one path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    ranges: bool = True  # whether Range is obeyed
    break_after: list[int] = field(default_factory=list)  # body bytes after which the next responses break off
    failures: list[int] = field(default_factory=list)  # statuses of the next responses, before any good one
    before_byte: Callable[[int], None] = lambda sent: None  # called with the number of body bytes sent so far


class FileServer:
    """Serves ``resources`` by path; ``requests`` has (method, path, headers) of every request."""

    def __init__(self) -> None:
        self.resources: dict[str, Resource] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def ranges(self, path: str) -> list[str | None]:
        """The Range header of each GET of ``path``."""
        return [headers.get("range") for method, asked, headers in self.requests if (method, asked) == ("GET", path)]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(owner: FileServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(body=False)

        def do_GET(self) -> None:
            self._answer(body=True)

        def _answer(self, *, body: bool) -> None:
            path = self.path.split("?")[0]
            owner.requests.append((self.command, path, {name.lower(): value for name, value in self.headers.items()}))
            resource = owner.resources.get(path, Resource(status=404))
            status, content, start = resource.status, resource.body, 0
            if resource.failures:
                status, content = resource.failures.pop(0), b""
            wanted = self.headers.get("Range")
            if wanted and resource.ranges and status == 200:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                status = 206 if start < len(content) else 416
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            payload = b"" if status == 416 else content[start:]
            for name, value in {"Content-Length": str(len(payload)), **resource.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self._send(payload, resource)

        def _send(self, payload: bytes, resource: Resource) -> None:
            limit = resource.break_after.pop(0) if resource.break_after else len(payload)
            try:
                for at in range(0, min(limit, len(payload)), PIECE):
                    resource.before_byte(at)
                    self.wfile.write(payload[at : min(at + PIECE, limit)])
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            if limit < len(payload):
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            pass

    return Handler
