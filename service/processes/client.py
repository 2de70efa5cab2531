"""The API process's side of a child process: start it, submit requests, and hand out its events.

``ProcessClient`` does what all kinds of child processes have in common. It owns the in-flight table and the supervisor:
when the process dies, its unfinished requests are replayed in another one, and the callers notice only a pause.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, Protocol, TypeVar

import msgspec

from service.processes.child_process import ChildProcess
from service.processes.in_flight_table import InFlight, InFlightTable
from service.processes.messages import Abort, Failed, Heartbeat, ProcessInfo, Ready, Submit, encode
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartPolicy
from service.processes.supervisor import Failable, Status, Supervisor


class InFlightItem(Failable, Protocol):
    """A request in the in-flight table. It knows the delivered results, and passes further results on."""

    @property
    def unfinished(self) -> msgspec.Struct:
        """The request as it is submitted to a new process: without the work whose results were delivered."""


Info = TypeVar("Info", bound=ProcessInfo)
Event = TypeVar("Event", bound=msgspec.Struct)
Item = TypeVar("Item", bound=InFlightItem)


class ProcessClient(ABC, Generic[Info, Event, Item]):
    """A client of one child process. ``Event`` are the events that only this kind of process sends."""

    def __init__(
        self,
        name: str,
        worker: str,
        decode_event: Callable[[bytes], Ready[Info] | Failed | Heartbeat | Event],
        restart_policy: RestartPolicy,
        *,
        process: ChildProcess | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        """``name`` is the process's name for people, ``worker`` its module. ``process`` has been started already."""
        self._decode_event = decode_event
        self._info: Info | None = None
        self._in_flight: InFlightTable[Item] = InFlightTable()
        self._supervisor = Supervisor(
            name,
            worker,
            self._in_flight,
            lambda: msgspec.json.encode(self._make_config()),
            self._receive,
            restart_policy,
            on_end=self._on_process_end,
            process=process,
            observer=observer,
        )

    @property
    def status(self) -> Status:
        return self._supervisor.status

    @property
    def reason(self) -> str:
        """Why the process is not ready, for people."""
        return self._supervisor.reason

    @property
    def info(self) -> Info:
        """The facts that the process reported. Raises ProcessUnavailable until it is ready for the first time."""
        if self._info is None:
            raise self._supervisor.unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The id of the process, while there is one."""
        return self._supervisor.pid

    @property
    def exits(self) -> int:
        """How many processes have ended so far, other than by ``close``."""
        return self._supervisor.exits

    async def start(self) -> None:
        """Let the process load, and return when it is ready. Raises ProcessError if it cannot start."""
        await self._supervisor.start()

    async def close(self) -> None:
        """Fail all requests, stop the process and remove the sockets. Idempotent."""
        await self._supervisor.close()

    def require_ready(self) -> None:
        """Raises ProcessUnavailable unless the process is ready: for new requests, which the client can send again."""
        if self.status != "ready":
            raise self._supervisor.unavailable()

    def abort(self, ids: Iterable[str]) -> None:
        """Drop these requests, unless they are finished. Never waits."""
        dropped = [id for id in ids if self._in_flight.remove(id)]
        if dropped:
            self._supervisor.send(encode(Abort(dropped)))
            self._send_due()

    @abstractmethod
    def _make_config(self) -> msgspec.Struct:
        """The config of a new process."""

    @abstractmethod
    def _handle(self, event: Event) -> None:
        """Hand out an event that only this kind of process sends."""

    def _on_ready(self, info: Info) -> None:
        """Note that a process is ready, with the facts that it reports."""

    def _on_process_end(self) -> None:
        """Note that a process has ended: it answers no more commands. Another process may follow."""

    def _require_started(self) -> None:
        """Raises ProcessUnavailable unless the process is ready, or restarts: then requests wait in the table."""
        if self.status not in ("ready", "restarting"):
            raise self._supervisor.unavailable()

    def _add(self, items: Mapping[str, Item]) -> None:
        """Add requests by their ids, and send them if they are due."""
        for id, item in items.items():
            self._in_flight.add(id, item)
        self._send_due()

    def _record_first_output(self, entry: InFlight[Item]) -> None:
        """Note that the current process has output of the request, and send the requests that waited for it."""
        self._in_flight.record_output(entry)
        self._send_due()

    def _send_due(self) -> None:
        if self.status == "ready" and (due := self._in_flight.pop_due()):
            self._supervisor.send(encode(Submit([item.unfinished for item in due])))

    def _receive(self, frame: bytes) -> None:
        event = self._decode_event(frame)
        match event:
            case Heartbeat(cpu_seconds):
                self._supervisor.heartbeat(cpu_seconds)
            case Ready(info):
                self._info = info
                self._on_ready(info)
                self._supervisor.ready()
                self._send_due()
            case Failed(message):
                self._supervisor.fail(message)
            case _:
                self._handle(event)
