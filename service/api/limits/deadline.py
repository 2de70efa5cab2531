"""The deadlines of a request. The work of a late request is aborted; the request ends with 504 or an error event."""

import asyncio
from copy import copy
from typing import Never, Protocol

from starlette.datastructures import Headers

from service.api.errors import RETRY_AFTER, ApiError
from service.api.outcome import note_outcome
from service.outcomes import Outcome
from service.settings import Settings
from service.tasks.generation.usage import Timings

HEADER = "x-request-timeout"


class Timed(Protocol):
    """Work that reports its timings."""

    @property
    def timings(self) -> Timings:
        """The timings until now."""


class Deadline:
    """The first token must come within ``queue_seconds`` from now, the last one within ``total_seconds``.

    A request of several works, one after another, has a ``next_work`` for each. ``is_clients``: the client has set
    ``total_seconds``.
    """

    def __init__(self, queue_seconds: float, total_seconds: float, *, is_clients: bool = False) -> None:
        self._queue_seconds = min(queue_seconds, total_seconds)
        self._total_seconds = total_seconds
        self._late = Outcome.CLIENT_DEADLINE if is_clients else Outcome.REQUEST_TIMEOUT
        self._started = self._queued = asyncio.get_running_loop().time()

    @classmethod
    def from_headers(cls, headers: Headers, settings: Settings) -> "Deadline":
        """The deadline of the settings, which a client may shorten. Raises ApiError (400) for an invalid header."""
        limit = settings.request_timeout
        given = headers.get(HEADER)
        if given is None:
            return cls(settings.queue_timeout, limit)
        return cls(settings.queue_timeout, _seconds(given, limit), is_clients=True)

    def next_work(self) -> "Deadline":
        """The deadline of work that begins now: its first token has a time of its own, its last one the request's."""
        following = copy(self)
        following._queued = asyncio.get_running_loop().time()
        return following

    async def watch(self, work: Timed) -> Never:
        """Wait until ``work`` is late, note the outcome before the work is aborted, and raise ApiError (504)."""
        late = await self._wait_until_late(work)
        note_outcome(late.outcome)
        raise late

    async def _wait_until_late(self, work: Timed) -> ApiError:
        began, end = self._queued + self._queue_seconds, self._started + self._total_seconds
        await _sleep_until(min(began, end))
        if began < end:
            timings = work.timings
            if timings.ttft_seconds is None and not timings.queue_seconds:
                message = f"The request did not begin within {self._queue_seconds:g} seconds"
                return ApiError(504, message, code="queue_timeout", headers=RETRY_AFTER)
            await _sleep_until(end)
        message = f"The request was not done within {self._total_seconds:g} seconds"
        headers = {"x-should-retry": "false"}
        return ApiError(504, message, code="request_timeout", headers=headers, outcome=self._late)


async def _sleep_until(time: float) -> None:
    await asyncio.sleep(time - asyncio.get_running_loop().time())


def _seconds(text: str, limit: float) -> float:
    """The seconds of the header. Raises ApiError (400) unless they are more than 0 and at most ``limit``."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= limit:
        message = f"{HEADER}: must be seconds, more than 0 and at most {limit:g}"
        raise ApiError(400, message, param=HEADER, code="invalid_value")
    return seconds
