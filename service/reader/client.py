"""The API process's side of the reader: start it, let it read windows, await their scores.

It owns the ledger of who awaits what, and the supervisor of the reader process: when that dies, the windows that are
not scored go to another one. It knows neither torch nor the model.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import msgspec

from service.engine.protocol.messages import Abort, Beat, Failed, Stop
from service.errors import PoisonPill, ProcessError
from service.processes.in_flight import Ledger
from service.processes.supervisor import ProcessObserver, RestartPolicy, Status, Supervisor
from service.reader.messages import (
    BatchStats,
    EncodedWindow,
    ReaderConfig,
    ReaderInfo,
    ReaderReady,
    ReadRequest,
    Scored,
    WindowScores,
    decode_event,
    encode,
)


class Reading:
    """The windows of one request, being scored. A context manager: leaving it drops what is not computed yet."""

    def __init__(self, read: ReadRequest, abort: Callable[[str], None]) -> None:
        self._read = read
        self.started = time.monotonic()
        self.queue_seconds = 0.0  # to the end of the wait for its first batch
        self.total_seconds: float | None = None  # None: it is not over
        self._scores: list[WindowScores | None] = [None] * len(read.windows)
        self._missing = len(read.windows)
        self._abort = abort
        self._news = asyncio.Event()
        self._failure: ProcessError | None = None

    async def scores(self) -> list[WindowScores]:
        """In order of the windows. Raises ProcessUnavailable or PoisonPill if they cannot be had."""
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
            self._abort(self._read.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def put(self, scores: WindowScores, seconds: float) -> bool:
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

    @property
    def remainder(self) -> ReadRequest:
        """What is still to be read."""
        done = frozenset(index for index, scores in enumerate(self._scores) if scores is not None)
        return msgspec.structs.replace(self._read, done=done) if done else self._read

    def fail(self, failure: ProcessError) -> None:
        """The client's side: nothing more will come."""
        self._failure = failure
        self._news.set()


class ReaderClient:
    """Tells the reader process what to serve, talks to it, and tells how it is."""

    def __init__(
        self,
        config: ReaderConfig,
        *,
        on_batch: Callable[[BatchStats], None] | None = None,
        restart_policy: RestartPolicy | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        self.config = config
        self._on_batch = on_batch
        self._info: ReaderInfo | None = None
        self._ledger: Ledger[Reading] = Ledger()
        self._supervisor = Supervisor(
            "reader",
            "service.reader.worker",
            config=lambda: msgspec.json.encode(config),
            on_event=self._receive,
            owed=self._ledger.__len__,
            on_death=self._bury,
            on_end=self._fail_readings,
            restart_policy=restart_policy,
            observer=observer,
        )

    @property
    def status(self) -> Status:
        return self._supervisor.status

    @property
    def reason(self) -> str:
        """Why it is not ready, for people."""
        return self._supervisor.reason

    @property
    def info(self) -> ReaderInfo:
        """Raises ProcessUnavailable until the reader is ready for the first time."""
        if self._info is None:
            raise self._supervisor.unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The reader process, while there is one."""
        return self._supervisor.pid

    async def start(self) -> None:
        """Let the reader process load and return when it is ready. Raises ProcessError if it cannot start."""
        await self._supervisor.start()

    async def close(self) -> None:
        """Give up everything, stop the process and remove the sockets. Idempotent."""
        await self._supervisor.close(encode(Stop()))

    def read(self, id: str, windows: Sequence[EncodedWindow], *, priority: int = 0, tenant: str = "") -> Reading:
        """Queue windows; ``id`` is unique among all that are alive. Raises ProcessUnavailable.

        While the reader restarts they wait.
        """
        if self.status not in ("ready", "restarting"):
            raise self._supervisor.unavailable()
        reading = Reading(ReadRequest(id, list(windows), priority, tenant), self._abort)
        if windows:
            self._ledger.add(id, reading)
            self._send_due()
        return reading

    def _receive(self, frame: bytes) -> None:
        """Hand out what the reader tells."""
        event = decode_event(frame)
        match event:
            case Scored(scores, stats):
                for each in scores:
                    self._deliver(each, stats.seconds)
                self._supervisor.progress()
                if self._on_batch is not None:
                    self._on_batch(stats)
            case Beat(cpu_seconds):
                self._supervisor.beat(cpu_seconds)
            case ReaderReady(info):
                self._info = info
                self._supervisor.ready()
                self._send_due()
            case Failed(message):
                self._supervisor.fail(message)

    def _deliver(self, scores: WindowScores, seconds: float) -> None:
        entry = self._ledger.get(scores.id)
        if entry is None:
            return  # given up while this was on its way
        if not entry.gained:
            self._ledger.gain(entry)
            self._send_due()
        if entry.item.put(scores, seconds):
            self._ledger.remove(scores.id)

    def _send_due(self) -> None:
        if self.status == "ready":
            for reading in self._ledger.due():
                self._supervisor.send(encode(reading.remainder))

    def _abort(self, id: str) -> None:
        if self._ledger.remove(id):
            self._supervisor.send(encode(Abort([id])))
            self._send_due()

    def _bury(self, computed: list[str]) -> bool:
        """The reader has died; whether anything came of its life."""
        burial = self._ledger.bury(computed)
        for reading in burial.guilty:
            reading.fail(PoisonPill())
        return burial.hope

    def _fail_readings(self) -> None:
        for reading in self._ledger.clear():
            reading.fail(self._supervisor.unavailable())
