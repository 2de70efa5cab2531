"""Bounds the size of a request's body and the time in which it arrives."""

import asyncio

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimitMiddleware:
    """Refuses a body with more than ``limit`` bytes (413), and one that is not complete after ``seconds`` (408).

    The application's ``receive`` raises starlette's HTTPException. A declared size is checked before the body is read.
    """

    def __init__(self, app: ASGIApp, *, limit: int, seconds: float) -> None:
        self.app = app
        self.limit = limit
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        declared = Headers(scope=scope).get("content-length", "")
        size = float(declared) if declared.isdecimal() else 0.0
        deadline = asyncio.get_running_loop().time() + self.seconds
        complete = False
        received = 0

        async def limited_receive() -> Message:
            nonlocal received, complete
            if complete:  # the next message is a disconnect, and may come at any time
                return await receive()
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive() if size <= self.limit else {}
            except TimeoutError:
                late = f"The body did not arrive within {self.seconds:g} seconds"
                raise HTTPException(408, late, {"connection": "close"}) from None
            received += len(message.get("body", b""))
            if size > self.limit or received > self.limit:
                raise HTTPException(413, f"The body is larger than {self.limit} bytes")
            complete = not message.get("more_body", False)
            return message

        await self.app(scope, limited_receive, send)
