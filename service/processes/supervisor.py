"""Keeps one child process running: starts it, watches it, and starts it again after it died or got stuck.

It owns the running process (its ``Link``) and the status. It fails the requests in the in-flight table that can no
longer be computed, and neither sends requests nor reads results.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Generic, Literal, Protocol, TypeVar

from service.errors import PoisonPill, ProcessError, ProcessLost, ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.crash_record import read_crash_record
from service.processes.exit_report import report_exit
from service.processes.in_flight_table import InFlightTable
from service.processes.link import Link
from service.processes.liveness import HEARTBEAT_SECONDS, Liveness, Stall
from service.processes.messages import Stop, encode
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartCounter, RestartPolicy

logger = logging.getLogger(__name__)

Status = Literal["loading", "ready", "restarting", "stopping", "dead"]

_STOP_SECONDS = 5.0
_STEADY_SECONDS = 60.0  # an exit of an idle process that was ready for longer is not part of a crash loop


class Failable(Protocol):
    """A request in the in-flight table."""

    def fail(self, error: ProcessError) -> None:
        """End the request with this error: PoisonPill or ProcessUnavailable."""


Item = TypeVar("Item", bound=Failable)


class Supervisor(Generic[Item]):
    """Supervises one child process at a time.

    ``name`` is the process's name for people, ``worker`` the module that it runs. ``make_config`` returns the config of
    a new process. ``on_event`` gets the frame of every event; it should call ``ready``, ``fail``, ``heartbeat`` and
    ``progress``. ``on_end`` is called when a process has ended, after its last event. ``process`` is a process that was
    started already.
    """

    def __init__(
        self,
        name: str,
        worker: str,
        in_flight: InFlightTable[Item],
        make_config: Callable[[], bytes],
        on_event: Callable[[bytes], None],
        restart_policy: RestartPolicy,
        *,
        on_end: Callable[[], None] = lambda: None,
        process: ChildProcess | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        self.status: Status = "loading"
        self.reason = ""  # why the process is not ready, for people
        self._name = name
        self._worker = worker if process is None else process.worker
        self._in_flight = in_flight
        self._make_config = make_config
        self._on_event = on_event
        self._on_end = on_end
        self._started_process = process
        self._observer = observer
        self._stall_seconds = restart_policy.stall_seconds
        self._restarts = RestartCounter(restart_policy.max_restarts)
        self._link: Link | None = None
        self._liveness = Liveness(restart_policy.stall_seconds)
        self._load_error = ""  # in the words of the process
        self._ready_since = 0.0  # monotonic seconds
        self._down_since: float | None = None  # monotonic seconds; None: the process has not ended since it was ready
        self._start_ended = asyncio.Event()  # the first process is ready, or never will be
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The id of the process, while there is one."""
        return self._link.process.pid if self._link is not None else None

    @property
    def exits(self) -> int:
        """How many processes have ended so far, other than by ``close``."""
        return self._restarts.exits

    async def start(self) -> None:
        """Let the process load, and return when it is ready. Raises ProcessError if it cannot start."""
        self._task = asyncio.create_task(self._supervise())
        await self._start_ended.wait()
        if self.status != "ready":
            raise ProcessError(self.reason or f"the {self._name} is {self.status}")

    async def close(self) -> None:
        """Fail all requests, stop the process, and start no other one. Idempotent."""
        if self._task is None:
            return
        task, self._task = self._task, None
        if self.status != "dead":
            self.status = "stopping"
        self._fail_requests()
        self._start_ended.set()
        self._closing.set()
        if (link := self._link) is not None:
            link.send(encode(Stop()))
            await asyncio.wait([link.ended], timeout=_STOP_SECONDS)
            link.process.kill()
        await task

    def send(self, frame: bytes) -> None:
        """Send a command without waiting. It is dropped unless the process is ready."""
        if self._link is not None and self.status == "ready":
            self._link.send(frame)

    def ready(self) -> None:
        """Note that the process is ready."""
        if self.status == "stopping":
            return
        self.status, self.reason = "ready", ""
        self._ready_since = time.monotonic()
        self._start_ended.set()
        self._liveness.progress()
        if self._down_since is not None:
            seconds, self._down_since = self._ready_since - self._down_since, None
            replayed = len(self._in_flight)
            logger.warning("the %s is back after %.1f s; %d requests are replayed", self._name, seconds, replayed)
            if self._observer is not None:
                self._observer.process_returned(seconds, replayed)

    def fail(self, reason: str) -> None:
        """Note that the process cannot start, with the reason that it gave."""
        self._load_error = reason
        if self._link is not None:
            self._link.process.kill()

    def heartbeat(self, cpu_seconds: float) -> None:
        """Note a heartbeat of the process, with the processor time that it has used."""
        self._liveness.heartbeat(cpu_seconds)

    def progress(self) -> None:
        """Note that the process has finished a step."""
        self._liveness.progress()

    def unavailable(self) -> ProcessUnavailable:
        """The error to raise while the process is not ready."""
        return ProcessUnavailable(self.status, self.reason or f"the {self._name} is {self.status}")

    async def _supervise(self) -> None:
        """Run one process after another, until ``close`` or until the restart policy gives up."""
        try:
            while await self._run_process():
                if self._restarts.pause:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._closing.wait(), self._restarts.pause)
        except Exception:
            logger.exception("the %s cannot be supervised", self._name)
            self.reason = f"the {self._name} cannot be started"
        if self.status != "stopping":
            self.status = "dead"
            self._start_ended.set()
            self._fail_requests()

    async def _run_process(self) -> bool:
        """Run one process to its end. Return whether to start another one."""
        if self._closing.is_set():
            return False
        self._liveness, self._load_error = Liveness(self._stall_seconds), ""
        process, self._started_process = self._started_process or ChildProcess(self._worker), None
        link = self._link = Link(process, self._make_config(), self._on_event)
        watching = asyncio.create_task(self._watch())
        try:
            ends: list[asyncio.Future[Any]] = [link.ended, link.receiving, watching]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            await link.settle()
            if self.status == "stopping":
                return False
            return await self._on_exit(link, watching.result() if watching.done() else None)
        finally:
            watching.cancel()
            self._link = None
            await link.close()
            self._on_end()

    async def _watch(self) -> Stall:
        """Return how the process is stuck, once it is."""
        before = time.monotonic()
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            now = time.monotonic()
            # If more time has passed, this process itself was stopped.
            seconds = min(now - before, 2 * HEARTBEAT_SECONDS)
            before = now
            stall = self._liveness.elapse(seconds, loading=self.status != "ready", busy=len(self._in_flight) > 0)
            if stall is not None:
                return stall

    async def _on_exit(self, link: Link, stall: Stall | None) -> bool:
        """Report why the process ended, and fail the poison pills. Return whether to start another process."""
        was_loading_first, was_ready = self.status == "loading", self.status == "ready"
        was_steady = was_ready and not self._in_flight and time.monotonic() - self._ready_since > _STEADY_SECONDS
        if was_ready:
            self.status, self._down_since = "restarting", time.monotonic()
            self.reason = f"the {self._name} is restarting"
        report = await report_exit(self._name, link, stall=stall, loading=not was_ready, load_error=self._load_error)
        self.reason = report.reason
        if self._observer is not None:
            self._observer.process_died(report.cause)
        outcome = self._in_flight.record_crash(read_crash_record(link.process.directory))
        for item in outcome.poison_pills:
            item.fail(PoisonPill())
        self._restarts.record_exit(made_progress=outcome.made_progress or was_steady)
        if was_loading_first:
            return False
        if self._restarts.is_exhausted:
            self.reason += f"; it is given up after {self._restarts.in_vain} exits in a row without progress"
            logger.error("%s", self.reason)
            return False
        return True

    def _fail_requests(self) -> None:
        error = self.unavailable()
        if self.status == "dead":
            error = ProcessLost(error.reason, str(error))
        for item in self._in_flight.clear():
            item.fail(error)
