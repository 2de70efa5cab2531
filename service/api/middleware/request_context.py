"""What surrounds every request, as plain ASGI: nothing here touches a body or stands between a stream and its client.

``Edge`` gives a request its id, counts and logs its response, and answers for what nobody caught. ``BodyLimit`` ends a
request whose body is too large or never comes.
"""

import asyncio
import logging
import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import CLIENT_CLOSED_REQUEST, respond, stopping
from service.api.middleware import access_log as access
from service.metrics import Metrics

logger = logging.getLogger(__name__)

_SANE_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}", re.ASCII)


class Edge:
    """``x-request-id`` in and out; an observation and a line of the log for each response; a 500 for any exception.

    The status counted for a client that left before its answer was whole is 499.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _SANE_ID.fullmatch(given) else f"req-{uuid.uuid4().hex}"
        entry = access.Entry.begin(request_id)
        started = time.perf_counter()
        status, complete, gone = 0, False, False

        async def watched_receive() -> Message:
            nonlocal gone
            message = await receive()
            gone = gone or message["type"] == "http.disconnect"
            return message

        async def watched_send(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            elif not message.get("more_body", False) and not complete:
                complete = True  # counted before the last byte leaves: who has the answer finds it in the metrics
                count(CLIENT_CLOSED_REQUEST if gone else status)
            await send(message)

        def count(status: int) -> None:
            seconds = time.perf_counter() - started
            self.metrics.observe_http(access.route(scope), scope["method"], status, seconds)
            entry.write(scope, status, seconds)

        incomplete = CLIENT_CLOSED_REQUEST  # what an answer that never became whole counts as
        try:
            await self.app(scope, watched_receive, watched_send)
        except asyncio.CancelledError:  # the server will not wait for us any longer
            if status:
                raise
            await respond(stopping(), scope)(scope, receive, watched_send)
        except Exception as error:
            incomplete = 500
            logger.error("request %s failed", request_id)
            answer = respond(error, scope)
            if status:
                raise
            await answer(scope, receive, watched_send)
        finally:
            if not complete:
                count(incomplete)


class BodyLimit:
    """Refuses a body of more than ``limit`` bytes while it is read, and one that is not whole after ``seconds``."""

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
        whole = False
        received = 0

        async def limited_receive() -> Message:
            nonlocal received, whole
            if whole:  # what comes now is a disconnect, whenever it comes
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
            whole = not message.get("more_body", False)
            return message

        await self.app(scope, limited_receive, send)
