"""The windows of one request while the reader scores them, across restarts of the reader process."""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import msgspec

from service.errors import ProcessError
from service.reader.messages import ReadRequest, WindowScores


class InFlightRead:
    """Owns the scores. A context manager: leaving it drops the windows that are not computed yet."""

    def __init__(self, request: ReadRequest, abort: Callable[[list[str]], None]) -> None:
        """``abort`` is called with the id of a request that is closed before its end."""
        self.started = time.monotonic()
        self.queue_seconds = 0.0  # until the first batch with one of its windows began
        self.total_seconds: float | None = None  # None while it is in flight
        self._request = request
        self._abort = abort
        self._scores: list[WindowScores | None] = [None] * len(request.windows)
        self._num_missing = len(request.windows)
        self._changed = asyncio.Event()
        self._error: ProcessError | None = None

    async def scores(self) -> list[WindowScores]:
        """Wait for all scores, in the order of the windows. Raises ProcessUnavailable or PoisonPill."""
        while self._num_missing:
            if self._error is not None:
                raise self._error
            self._changed.clear()
            await self._changed.wait()
        return [scores for scores in self._scores if scores is not None]

    def close(self) -> None:
        """Drop the windows that are not scored yet. Idempotent."""
        if self.total_seconds is None:
            self.total_seconds = time.monotonic() - self.started
            self._abort([self._request.id])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, scores: WindowScores, batch_seconds: float) -> bool:
        """For the client: add the scores of a window and the time of its batch. Returns whether it was the last one."""
        now = time.monotonic()
        if self._num_missing == len(self._scores):
            self.queue_seconds = max(now - self.started - batch_seconds, 0.0)
        self._scores[scores.index] = scores
        self._num_missing -= 1
        if self._num_missing:
            return False
        self.total_seconds = now - self.started
        self._changed.set()
        return True

    @property
    def unfinished(self) -> ReadRequest:
        """The request without the windows that are scored."""
        done = frozenset(index for index, scores in enumerate(self._scores) if scores is not None)
        return msgspec.structs.replace(self._request, done=done) if done else self._request

    def fail(self, error: ProcessError) -> None:
        """For the client: no more scores will come."""
        self._error = error
        self._changed.set()
