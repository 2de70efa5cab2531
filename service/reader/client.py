"""The API process's side of the reader: start it, let it read windows, await their scores.

It owns the table of who awaits what, and the link to the reader process. It knows neither torch nor the model.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import msgspec

from service.engine.errors import EngineUnavailable
from service.engine.link import Link, Status
from service.engine.messages import Abort, Failed, Stop
from service.reader.messages import (
    BatchStats,
    Read,
    ReaderConfig,
    ReaderInfo,
    ReaderReady,
    Scored,
    Scores,
    Window,
    decode_event,
    encode,
)


class Reading:
    """The windows of one request, being scored. A context manager: leaving it drops what is not computed yet."""

    def __init__(self, id: str, count: int, abort: Callable[[str], None]) -> None:
        self.id = id
        self.started = time.monotonic()
        self.queue_seconds = 0.0  # to the end of the wait for its first batch
        self.total_seconds: float | None = None  # None: it is not over
        self._scores: list[Scores | None] = [None] * count
        self._missing = count
        self._abort = abort
        self._news = asyncio.Event()
        self._failure: EngineUnavailable | None = None

    async def scores(self) -> list[Scores]:
        """In order of the windows. Raises EngineUnavailable if the reader dies before they are there."""
        while self._missing:
            if self._failure is not None:
                raise self._failure
            self._news.clear()
            await self._news.wait()
        return [scores for scores in self._scores if scores is not None]

    def close(self) -> None:
        """Idempotent."""
        if self.total_seconds is None:
            self.total_seconds = time.monotonic() - self.started
            self._abort(self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, scores: Scores, seconds: float) -> bool:
        """The client's side: a window is scored, in a batch that took so long. Whether it was the last."""
        now = time.monotonic()
        if self._missing == len(self._scores):
            self.queue_seconds = max(now - self.started - seconds, 0.0)
        self._scores[scores.index] = scores
        self._missing -= 1
        if self._missing:
            return False
        self.total_seconds = now - self.started
        self._news.set()
        return True

    def fail(self, failure: EngineUnavailable) -> None:
        """The client's side: nothing more will come."""
        self._failure = failure
        self._news.set()


class ReaderClient:
    """Tells the reader process what to serve, talks to it, and tells how it is."""

    def __init__(self, config: ReaderConfig, *, on_batch: Callable[[BatchStats], None] | None = None) -> None:
        self.config = config
        self._on_batch = on_batch
        self._info: ReaderInfo | None = None
        self._readings: dict[str, Reading] = {}
        self._link = Link("reader", "service.reader.worker", on_event=self._receive, on_end=self._fail_readings)

    @property
    def status(self) -> Status:
        return self._link.status

    @property
    def reason(self) -> str:
        """Why it is dead, for people."""
        return self._link.reason

    @property
    def info(self) -> ReaderInfo:
        """Raises EngineUnavailable until the reader is ready."""
        if self._info is None:
            raise self._link.unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The reader process, while there is one."""
        return self._link.pid

    async def start(self) -> None:
        """Let the reader process load and return when it is ready. Raises EngineError if it cannot start."""
        await self._link.start(msgspec.json.encode(self.config))

    async def close(self) -> None:
        """Give up everything, stop the process and remove the sockets. Idempotent."""
        await self._link.close(encode(Stop()))

    def read(self, id: str, windows: Sequence[Window], *, priority: int = 0, tenant: str = "") -> Reading:
        """Queue windows; ``id`` is unique among all that are alive. Raises EngineUnavailable."""
        if self.status != "ready":
            raise self._link.unavailable()
        reading = Reading(id, len(windows), self._abort)
        if windows:
            self._readings[id] = reading
            self._link.send(encode(Read(id, list(windows), priority, tenant)))
        return reading

    def _receive(self, frame: bytes) -> None:
        """Hand out what the reader tells."""
        event = decode_event(frame)
        match event:
            case Scored(scores, stats):
                for each in scores:
                    reading = self._readings.get(each.id)  # None: given up while this was on its way
                    if reading is not None and reading.put(each, stats.seconds):
                        del self._readings[each.id]
                if self._on_batch is not None:
                    self._on_batch(stats)
            case ReaderReady(info):
                self._info = info
                self._link.ready()
            case Failed(message):
                self._link.die(message)

    def _abort(self, id: str) -> None:
        if self._readings.pop(id, None) is not None and self.status == "ready":
            self._link.send(encode(Abort([id])))

    def _fail_readings(self) -> None:
        readings, self._readings = self._readings, {}
        for reading in readings.values():
            reading.fail(self._link.unavailable())
