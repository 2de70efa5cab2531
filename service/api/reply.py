"""From a completion to an answer, the same way for every route.

The request is admitted (validated, counted, queued in the engine) before the first byte, so whatever is wrong with it
has a real status. From then on one object owns the completion: this function for JSON, the EventStream for a stream.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from service.api.disconnect import while_connected
from service.api.sse import EventStream
from service.api.state import State
from service.tasks.completion import Completion

Texts = Completion
Work = TypeVar("Work", bound=AbstractContextManager[Any], contravariant=True)  # aborts what is unfinished


class Format(Protocol[Work]):
    """How one route writes what a completion says."""

    async def body(self, work: Work) -> dict[str, Any]:
        """The whole answer."""

    def events(self, work: Work) -> AsyncGenerator[bytes, None]:
        """The answer as server-sent events, without the last one."""


class Json(Response):
    """JSON in UTF-8, unescaped, so that a person can read it in any language."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return msgspec.json.encode(content)


async def reply(
    http: Request,
    state: State,
    start: Callable[[], Awaitable[Work]],
    format: Format[Work],
    *,
    sequences: int,
    stream: bool,
    headers: dict[str, str],
) -> Response:
    """If ``sequences`` more are admitted, start the completion and answer with it."""
    if not stream:

        async def whole(work: Work) -> Response:
            return Json(await format.body(work), headers=headers)

        return await reply_whole(http, state, start, whole, sequences=sequences)
    state.client.require_ready()
    with ExitStack() as owned:
        owned.enter_context(state.admission.take(sequences))
        work = await start()
        owned.enter_context(work)
        return EventStream(
            format.events(work),
            owned=owned.pop_all(),
            heartbeat=state.settings.heartbeat_seconds,
            headers=headers,
        )


async def reply_whole(
    http: Request,
    state: State,
    start: Callable[[], Awaitable[Work]],
    whole: Callable[[Work], Coroutine[Any, Any, Response]],
    *,
    sequences: int,
) -> Response:
    """The same where there are no streams: ``whole`` makes the answer of what was started."""
    state.client.require_ready()  # who is in already goes on through a restart; who comes now can come again
    with state.admission.take(sequences), await start() as work:
        return await while_connected(http.receive, whole(work))
