"""Keeps a process beside this one alive: watches it, and starts it again when it has died or got stuck.

It owns the lives (``Link``), one at a time, and how the process is. What is owed to whom across a death is known to
whoever made it.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Literal, Protocol

from msgspec import Struct

from service.errors import ProcessError, ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.crash_record import computed
from service.processes.exit_report import Cause, Death, examine
from service.processes.link import Link
from service.processes.liveness import BEAT_SECONDS, Pulse, Stall

logger = logging.getLogger(__name__)

Status = Literal["loading", "ready", "restarting", "stopping", "dead"]

_STOP_SECONDS = 5.0
_LONGEST_PAUSE = 30.0  # seconds
_STEADY_SECONDS = 60.0  # who was ready for so long, had nothing to do and died is in no loop


class RestartPolicy(Struct, frozen=True):
    """How long a process may make no progress, and how often in a row it is started again for nothing."""

    stall_seconds: float = 30.0
    max_restarts: int = 5


class ProcessObserver(Protocol):
    """Is told of deaths. ``process`` is the name that people call it by."""

    def process_died(self, process: str, cause: Cause) -> None:
        """It ended, or had to be ended."""

    def process_returned(self, process: str, seconds: float, replayed: int) -> None:
        """It is ready again, so long after its death, and so many requests go on."""


class Supervisor:
    """``name`` is what people call the process, ``worker`` the module that is it.

    ``config`` gives what to tell a new process, ``on_event`` gets every frame and is to call ``ready``, ``fail``,
    ``beat`` or ``progress``; ``owed`` counts the requests in flight. ``on_death`` gets the ids that were being computed
    and says whether there is hope: that the life was good for anything. ``on_end`` is called when there is no other.
    """

    def __init__(
        self,
        name: str,
        worker: str,
        *,
        config: Callable[[], bytes],
        on_event: Callable[[bytes], None],
        owed: Callable[[], int],
        on_death: Callable[[list[str]], bool],
        on_end: Callable[[], None],
        restart_policy: RestartPolicy | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        self.status: Status = "loading"
        self.reason = ""  # why it is not there, for people
        self._name = name
        self._worker = worker
        self._config = config
        self._on_event = on_event
        self._owed = owed
        self._on_death = on_death
        self._on_end = on_end
        self._policy = restart_policy or RestartPolicy()
        self._observer = observer
        self._given: ChildProcess | None = None
        self._link: Link | None = None
        self._pulse = Pulse(self._policy.stall_seconds)
        self._said = ""  # why it cannot start, in its own words
        self._in_vain = 0  # deaths in a row without hope
        self._ready_since = 0.0  # monotonic seconds
        self._down_since: float | None = None
        self._started = asyncio.Event()  # it was ready, or never will be
        self._closing = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._link.process.pid if self._link is not None else None

    async def start(self, process: ChildProcess | None = None) -> None:
        """Let the process load and return when it is ready. Raises ProcessError if it cannot start.

        ``process`` is one that is there already.
        """
        if process is not None:
            self._given, self._worker = process, process.worker
        self._keeping = asyncio.create_task(self._keep())
        await self._started.wait()
        if self.status != "ready":
            raise ProcessError(self.reason or f"the {self._name} is {self.status}")

    async def close(self, stop: bytes) -> None:
        """Say ``stop``, wait for the end of the process, and start no other. Idempotent."""
        if self._keeping is None:
            return
        keeping, self._keeping = self._keeping, None
        if self.status != "dead":
            self.status = "stopping"
        self._on_end()
        self._started.set()
        self._closing.set()
        if (link := self._link) is not None:
            link.send(stop)
            await asyncio.wait([link.ended], timeout=_STOP_SECONDS)
            link.process.kill()
        await keeping

    def send(self, frame: bytes) -> None:
        """Never waits. What is sent while it is not ready is lost."""
        if self._link is not None and self.status == "ready":
            self._link.send(frame)

    def ready(self) -> None:
        """It has said that it can be used."""
        if self.status == "stopping":
            return
        self.status, self.reason = "ready", ""
        self._ready_since = time.monotonic()
        self._started.set()
        self._pulse.progress()
        if self._down_since is not None:
            seconds, self._down_since = self._ready_since - self._down_since, None
            logger.warning("the %s is back after %.1f s; %d requests go on", self._name, seconds, self._owed())
            if self._observer is not None:
                self._observer.process_returned(self._name, seconds, self._owed())

    def fail(self, reason: str) -> None:
        """It has said that it cannot start."""
        self._said = reason
        if self._link is not None:
            self._link.process.kill()

    def beat(self, cpu_seconds: float) -> None:
        """It has given a sign of life."""
        self._pulse.beat(cpu_seconds)

    def progress(self) -> None:
        """It has finished a step."""
        self._pulse.progress()

    def unavailable(self) -> ProcessUnavailable:
        """What to raise while it is not ready."""
        return ProcessUnavailable(self.status, self.reason or f"the {self._name} is {self.status}")

    async def _keep(self) -> None:
        """One life after another."""
        try:
            while await self._live():
                if self._in_vain > 1:
                    pause = min(2.0 ** (self._in_vain - 3), _LONGEST_PAUSE)
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), pause)
        except Exception:
            logger.exception("the %s cannot be supervised", self._name)
            self.reason = f"the {self._name} cannot be started"
        if self.status != "stopping":
            self.status = "dead"
            self._started.set()
            self._on_end()

    async def _live(self) -> bool:
        """One life, to its end; whether there is to be another."""
        if self._closing.is_set():
            return False
        self._pulse, self._said = Pulse(self._policy.stall_seconds), ""
        process, self._given = self._given or ChildProcess(self._worker), None
        link = self._link = Link(process, self._config(), self._on_event)
        watching = asyncio.create_task(self._watch())
        try:
            await asyncio.wait([link.ended, link.receiving, watching], return_when=asyncio.FIRST_COMPLETED)
            await link.settle()
            if self.status == "stopping":
                return False
            stall = watching.result() if watching.done() else None
            return await self._bury(link, stall)
        finally:
            watching.cancel()
            self._link = None
            await link.close()

    async def _watch(self) -> Stall:
        """Return when it has got stuck."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = time.monotonic()
            seconds = min(now - before, 2 * BEAT_SECONDS)  # what is more was this process's own sleep
            before = now
            stall = self._pulse.elapse(seconds, loading=self.status != "ready", busy=self._owed() > 0)
            if stall is not None:
                return stall

    async def _bury(self, link: Link, stall: Stall | None) -> bool:
        """Say what has happened to whom; whether another life is worth it."""
        was = self.status
        if was == "ready":
            self.status, self._down_since = "restarting", time.monotonic()
            self.reason = f"the {self._name} is restarting"
        idle = was == "ready" and not self._owed() and time.monotonic() - self._ready_since > _STEADY_SECONDS
        if self._said:
            death = Death("load", self._said)
            logger.error("the %s cannot start: %s", self._name, self._said)
        else:
            death = await examine(self._name, link, stall)
            if was != "ready":
                death = Death("load", death.reason)
        self.reason = death.reason
        if self._observer is not None:
            self._observer.process_died(self._name, death.cause)
        hope = self._on_death(computed(link.process.directory)) or idle
        self._in_vain = 0 if hope else self._in_vain + 1
        if was == "loading":
            return False
        if self._in_vain > self._policy.max_restarts:
            self.reason += f"; it is given up after {self._in_vain} lives in a row of which nothing came"
            logger.error("%s", self.reason)
            return False
        return True
