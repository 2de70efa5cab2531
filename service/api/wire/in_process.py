"""Calls of the application from within the process. They take the way of a request from the network.

Only code of this process can put the caller into a scope: the server makes the scopes of all other requests.
"""

import asyncio
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message

IN_PROCESS_CALLER = "trivium.in_process_caller"  # key of a scope: whom the call is for


@dataclass(slots=True)
class InProcessAnswer:
    """The answer to a call, as it arrives."""

    status: int = 0
    headers: Headers = field(default_factory=Headers)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        """The ``send`` of ASGI."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], Headers(raw=message["headers"])
        else:
            self.body += message.get("body", b"")


def background_request(app: ASGIApp, path: str, caller: object) -> Request:
    """A request that nobody has sent, for work of the application itself on what ``path`` stands for."""

    async def receive() -> Message:
        await asyncio.Event().wait()  # nobody disconnects
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": path, "query_string": b"", "headers": [], "app": app}
    return Request(scope | {"user": caller, IN_PROCESS_CALLER: caller}, receive)


async def post_json(app: ASGIApp, path: str, body: bytes, caller: object) -> InProcessAnswer:
    """The answer of the application to JSON. If this is cancelled, the application sees a disconnected client."""
    answer, given_up, is_read = InProcessAnswer(), asyncio.Event(), False

    async def receive() -> Message:
        nonlocal is_read
        if not is_read:
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}
        await given_up.wait()
        return {"type": "http.disconnect"}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
        "client": None,
        "server": None,
        IN_PROCESS_CALLER: caller,
    }
    work = asyncio.ensure_future(app(scope, receive, answer.send))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        given_up.set()
        await asyncio.gather(work, return_exceptions=True)
        raise
    return answer
