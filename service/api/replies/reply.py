"""From a completion to an answer, the same way for every route.

The request is admitted (validated, counted, queued in the engine) before the first byte, so whatever is wrong with it
has a real status. From then on one object owns the completion: this function for JSON, the EventStream for a stream.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import ExitStack
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import msgspec
from fastapi import Request
from starlette.responses import Response

from service.api.limits.deadline import Deadline, Timed
from service.api.limits.disconnect import raise_on_disconnect, run_guarded
from service.api.limits.token_rate import Metered, TokenRateLimit
from service.api.replies.event_stream import EventStream
from service.api.state import State
from service.tasks.generation.completion import Completion
from service.tasks.generation.cost import Cost

Texts = Completion


class Running(Timed, Metered, Protocol):
    """What a request started: a context manager that aborts what is unfinished."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None: ...


Work = TypeVar("Work", bound=Running, contravariant=True)


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
    cost: Cost,
    stream: bool,
    headers: dict[str, str],
) -> Response:
    """If that much more is admitted, start the completion and answer with it, in the time that there is."""
    if not stream:

        async def whole(work: Work) -> Response:
            return Json(await format.body(work), headers=headers)

        return await reply_whole(http, state, start, whole, cost=cost)
    state.client.require_ready()
    deadline = Deadline.from_headers(http.headers, state.settings)
    with ExitStack() as owned:
        rate_limit = owned.enter_context(TokenRateLimit(http.user, cost))
        owned.enter_context(state.admission.admit(cost))
        work = rate_limit.meter(await start())
        owned.enter_context(work)
        return EventStream(
            format.events(work),
            owned=owned.pop_all(),
            late=partial(deadline.watch, work),
            heartbeat=state.settings.heartbeat_seconds,
            patience=state.settings.send_timeout,
            headers=headers,
        )


async def reply_whole(
    http: Request,
    state: State,
    start: Callable[[], Awaitable[Work]],
    whole: Callable[[Work], Coroutine[Any, Any, Response]],
    *,
    cost: Cost,
) -> Response:
    """The same where there are no streams: ``whole`` makes the answer of what was started."""
    state.client.require_ready()  # who is in already goes on through a restart; who comes now can come again
    deadline = Deadline.from_headers(http.headers, state.settings)
    with (
        TokenRateLimit(http.user, cost) as rate_limit,
        state.admission.admit(cost),
        rate_limit.meter(await start()) as work,
    ):
        return await run_guarded(whole(work), deadline.watch(work), raise_on_disconnect(http.receive))
