"""The engine process: ``python -m service.engine.worker DIRECTORY``."""

import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.messages import (
    AdapterLoaded,
    AdapterUnloaded,
    LoadAdapter,
    Rejected,
    TakeSnapshot,
    UnloadAdapter,
    decode_command,
)
from service.engine.protocol.outputs import FinishReason, StepOutput, TokenOutput
from service.engine.protocol.request import Request
from service.errors import EngineError, UnknownAdapter
from service.processes.crash_record import CrashRecord
from service.processes.worker import Load, ModelWorker, WorkerProcess

if TYPE_CHECKING:
    from service.engine.engine import Engine, SizedRunner
    from service.engine.execution.device_memory import DeviceMemory

MakeRunner = Callable[[EngineConfig], "SizedRunner"]


class EngineWorker(ModelWorker[Request]):
    """The engine in the main loop of a child process."""

    def __init__(self, engine: "Engine", device_memory: "DeviceMemory | None" = None) -> None:
        """``device_memory`` measures the memory of the engine's device; None: it has none of its own."""
        self._engine = engine
        self._device_memory = device_memory

    @property
    def info(self) -> EngineInfo:
        return self._engine.info

    @property
    def has_work(self) -> bool:
        return self._engine.has_work

    def submit(self, request: Request) -> Rejected | None:
        try:
            self._engine.add(request)
        except EngineError as error:
            return Rejected(TokenOutput(request.id, finish=FinishReason.ERROR, error=str(error)))
        return None

    def abort(self, ids: Collection[str]) -> None:
        for id in ids:
            self._engine.abort(id)

    def carry_out(self, command: Struct) -> Struct:
        match command:
            case LoadAdapter(name, path):
                return AdapterLoaded(self._engine.load_adapter(name, path))
            case UnloadAdapter(name):
                with suppress(UnknownAdapter):
                    self._engine.unload_adapter(name)
                return AdapterUnloaded(name)
            case TakeSnapshot():
                return self._engine.snapshot()
        return super().carry_out(command)

    def idle_report(self) -> StepOutput:
        return StepOutput([], self._engine.idle_stats())

    def step(self) -> StepOutput:
        output = self._engine.step()
        if self._device_memory is None or (memory := self._device_memory.read()) is None:
            return output
        stats = msgspec.structs.replace(output.stats, device_memory_used=memory.used, device_memory_total=memory.total)
        return msgspec.structs.replace(output, stats=stats)


def _import_model_runner() -> MakeRunner:
    from service.engine.execution.runner import ModelRunner

    return ModelRunner


def _memory_of(device: str) -> "DeviceMemory | None":
    """What measures the memory of a GPU."""
    if not device.startswith("cuda"):
        return None
    from service.engine.execution.device_memory import DeviceMemory

    return DeviceMemory(device)


def main(import_runner: Callable[[], MakeRunner] = _import_model_runner) -> int:
    """Run the engine process to its end. Return its exit status. ``import_runner`` imports the runner's class."""

    def import_load() -> Load[EngineConfig, Request]:
        from service.engine.crash_recording_runner import CrashRecordingRunner
        from service.engine.engine import Engine

        make_runner = import_runner()

        def load(config: EngineConfig, crash_record: CrashRecord) -> EngineWorker:
            engine = Engine(CrashRecordingRunner(make_runner(config), crash_record), config)
            return EngineWorker(engine, _memory_of(engine.info.device))

        return load

    return WorkerProcess("engine", sys.argv[1], EngineConfig, decode_command, import_load).run()


if __name__ == "__main__":
    sys.exit(main())
