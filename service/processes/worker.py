"""The main loop of every child process: commands in, one step after another, events out. One thread, no policy.

``ChildProcess`` starts it as ``python -m WORKER DIRECTORY``. The process imports its libraries while its parent imports
its own, then reads its config from standard input. ``DIRECTORY`` holds the two sockets and belongs to the user alone.
The process ends on the command ``Stop``, or when its parent is gone.
"""

import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection
from typing import Generic, Protocol, TypeVar

import msgspec

from service import logs
from service.errors import ProcessError
from service.freed_memory import return_freed_memory
from service.processes.crash_record import CrashRecord
from service.processes.imports import imports
from service.processes.messages import Abort, Failed, ProcessInfo, Ready, Stop, Submit, encode
from service.processes.parent import Parent, prepare_child

logger = logging.getLogger(__name__)

Config = TypeVar("Config", bound="WorkerConfig")
Request = TypeVar("Request", bound="WorkerRequest")


class WorkerConfig(Protocol):
    """The fields of every child process's config: how to log."""

    @property
    def log_level(self) -> str: ...
    @property
    def log_json(self) -> bool: ...
    @property
    def log_prompts(self) -> bool: ...


class WorkerRequest(Protocol):
    """The fields of every request."""

    @property
    def id(self) -> str: ...


class ModelWorker(ABC, Generic[Request]):
    """A loaded model that computes requests. Each kind of child process has its own."""

    @property
    @abstractmethod
    def info(self) -> ProcessInfo:
        """The facts that the process reports. ``startup_seconds`` are those of loading."""

    @property
    @abstractmethod
    def has_work(self) -> bool:
        """Whether ``step`` has anything to compute."""

    @abstractmethod
    def submit(self, request: Request) -> msgspec.Struct | None:
        """Queue a request. Return an event if the request is refused."""

    @abstractmethod
    def abort(self, ids: Collection[str]) -> None:
        """Drop these requests, if they are known."""

    def carry_out(self, command: msgspec.Struct) -> msgspec.Struct:
        """Carry out a command that only this kind of process has, and return the event that answers it."""
        raise NotImplementedError(f"the command {type(command).__name__}")

    def idle_report(self) -> msgspec.Struct | None:
        """The event that says that nothing is left to do, after an abort: there is no step that would say so."""
        return None

    @abstractmethod
    def step(self) -> msgspec.Struct:
        """Compute one step and return its event. It is called only while there is work."""


# Loads the model, or raises ProcessError. The worker's steps record in the crash record which requests they compute.
Load = Callable[[Config, CrashRecord], ModelWorker[Request]]


class WorkerProcess(Generic[Config, Request]):
    """The child process called ``name``. ``directory`` is the one that its parent has made.

    ``import_load`` is called before the config is read, and may take seconds to import libraries.
    """

    def __init__(
        self,
        name: str,
        directory: str,
        config_type: type[Config],
        decode_command: Callable[[bytes], Submit[Request] | Abort | Stop | msgspec.Struct],
        import_load: Callable[[], Load[Config, Request]],
    ) -> None:
        self._begin = time.monotonic()
        self._name = name
        self._config_type = config_type
        self._decode_command = decode_command
        self._import_load = import_load
        prepare_child(directory)
        self._parent = Parent(directory)
        self._crash_record = CrashRecord(directory)

    def run(self) -> int:
        """Load, then work until the command to stop. Return the exit status."""
        try:
            worker = self._load()
            if worker is None:
                return 1
            while self._handle_commands(worker):
                if worker.has_work:
                    self._send(worker.step())
            return 0
        except Exception:
            logger.exception("the %s cannot go on", self._name)
            return 1
        finally:
            self._parent.close()

    def _load(self) -> ModelWorker[Request] | None:
        """Load the model and tell the parent that it is ready, or why it cannot be loaded. None: it is not loaded."""
        try:
            try:
                with imports():
                    load = self._import_load()
                import_seconds = time.monotonic() - self._begin
            finally:
                config = self._read_config()  # even after an error: the parent receives events only then
            if config is None:
                return None
            worker = load(config, self._crash_record)
        except ProcessError as error:
            self._send(Failed(str(error)))
            return None
        except Exception as error:
            logger.exception("the %s cannot start", self._name)
            self._send(Failed(f"{type(error).__name__}: {error}"))
            return None
        return_freed_memory()
        phases = {"import": import_seconds, **worker.info.startup_seconds}
        self._send(Ready(msgspec.structs.replace(worker.info, startup_seconds=phases)))
        return worker

    def _read_config(self) -> Config | None:
        """Wait for the config. None if the parent ended without sending one."""
        data = self._parent.read_config()
        if not data:
            return None
        config = msgspec.json.decode(data, type=self._config_type)
        logs.configure(config.log_level, config.log_json, config.log_prompts)
        return config

    def _handle_commands(self, worker: ModelWorker[Request]) -> bool:
        """Handle all new commands; wait for one if there is no work. Return False to end the process."""
        for frame in self._parent.commands(wait=not worker.has_work):
            match self._decode_command(frame):
                case Submit(requests):
                    for request in requests:
                        with self._crash_record.computing([request.id]):
                            refusal = worker.submit(request)
                        if refusal is not None:
                            self._send(refusal)
                case Abort(ids):
                    worker.abort(ids)
                    if not worker.has_work and (report := worker.idle_report()) is not None:
                        self._send(report)
                case Stop():
                    return False
                case command:
                    self._send(worker.carry_out(command))
        return self._parent.is_alive

    def _send(self, event: msgspec.Struct) -> None:
        self._parent.send(encode(event))
