"""A client's connection, as uvicorn serves it, which the application can cut."""

import asyncio

from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol


class Connection(H11Protocol):
    """HTTP/1.1. Each request's scope has the extension ``trivium.cut``: it ends the connection at once.

    Closing in good order would wait, without end, until the client has taken what was sent. h11 bounds what a
    request's head may take; httptools would keep an endless one in memory.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})["trivium.cut"] = transport.abort
            await app(scope, receive, send)

        self.app = served
