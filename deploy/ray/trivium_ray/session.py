"""The session of a request, for routers that send all requests of a session to one replica."""

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

HEADER = b"x-session-id"
_LONGEST = 256  # bytes; a longer name is cut
_session: ContextVar[str] = ContextVar("session", default="")


def session_of_request() -> str:
    """The session that the client of the current request names; empty: none."""
    return _session.get()


class SessionMiddleware:
    """Reads the header ``x-session-id``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            name = next((value for header, value in scope["headers"] if header == HEADER), b"")
            _session.set(name[:_LONGEST].decode("latin-1"))
        await self._app(scope, receive, send)
