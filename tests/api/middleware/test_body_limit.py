"""The limits on a body."""

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from service.api.middleware.body_limit import BodyLimitMiddleware
from tests.api.raw_http import connection, read_until
from tests.api.scripted import served


def test_a_body_that_stops_arriving_is_refused() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        try:
            while (await receive())["more_body"]:
                pass
        except HTTPException as error:
            await Response(status_code=error.status_code)(scope, receive, send)

    with served(BodyLimitMiddleware(app, limit=100, seconds=0.05)) as (address, _), connection(address) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345")
        assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 408")
