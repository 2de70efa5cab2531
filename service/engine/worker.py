"""The engine process: commands in, ``engine.step()``, events out. One thread, one loop, no policy.

It is started by ``ChildProcess`` as ``python -m service.engine.worker DIRECTORY`` and imports what it needs while its
parent does the same; then it waits for an EngineConfig as JSON on its standard input. ``DIRECTORY`` holds the two
sockets and belongs to the user alone. It ends when it is told to, or when the process that started it is gone.
"""

import logging
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from service import logs
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.messages import Abort, Failed, Ready, Rejected, Stop, Submit, decode_command, encode
from service.engine.protocol.outputs import FinishReason, TokenOutput
from service.errors import ProcessError
from service.processes.crash_record import Record
from service.processes.parent import Parent, be_a_child

if TYPE_CHECKING:
    from service.engine.engine import SizedRunner
    from service.engine.scheduling.step import ChunkOutput, Step

logger = logging.getLogger(__name__)

MakeRunner = Callable[[EngineConfig], "SizedRunner"]


class Recorded:
    """A runner of which is on record whom it is computing, should it never return."""

    def __init__(self, runner: "SizedRunner", record: Record) -> None:
        self._runner = runner
        self._record = record

    @property
    def info(self) -> EngineInfo:
        return self._runner.info

    def run(self, step: "Step") -> list["ChunkOutput"]:
        with self._record.computing([chunk.sequence.request.id for chunk in step.chunks]):
            return self._runner.run(step)


class Worker:
    """Owns the process's engine."""

    def __init__(self, parent: Parent, record: Record) -> None:
        self._parent = parent
        self._record = record

    def run(self, begin: float, find_runner: Callable[[], MakeRunner]) -> int:
        """Load, serve until told to stop; the exit status. ``begin`` is when the process started to import."""
        try:
            try:
                from service.engine.engine import Engine

                make_runner = find_runner()
                imported = time.monotonic() - begin
            finally:
                config = self._told()  # whoever tells listens: now it can be said what went wrong
            if config is None:
                return 0
            self._engine = Engine(Recorded(make_runner(config), self._record), config)
        except ProcessError as error:
            self._send(Failed(str(error)))
            return 1
        except Exception as error:
            logger.exception("the engine cannot start")
            self._send(Failed(f"{type(error).__name__}: {error}"))
            return 1
        info = self._engine.info
        phases = {"import": imported, **info.startup_seconds}
        self._send(Ready(msgspec.structs.replace(info, startup_seconds=phases)))
        while self._obey():
            if self._engine.has_work:
                self._send(self._engine.step())
        return 0

    def _obey(self) -> bool:
        """Do what has been asked for since the last step; False if that was to stop."""
        for frame in self._parent.commands(wait=not self._engine.has_work):
            match decode_command(frame):
                case Submit(requests):
                    for request in requests:
                        try:
                            with self._record.computing([request.id]):
                                self._engine.add(request)
                        except ProcessError as error:
                            output = TokenOutput(request.id, finish=FinishReason.ERROR, error=str(error))
                            self._send(Rejected(output))
                case Abort(request_ids):
                    for request_id in request_ids:
                        self._engine.abort(request_id)
                case Stop():
                    return False
        return self._parent.lives

    def _told(self) -> EngineConfig | None:
        """What to serve; None if the parent has ended without a word."""
        told = self._parent.told()
        if not told:
            return None
        config = msgspec.json.decode(told, type=EngineConfig)
        logs.configure(config.log_level, config.log_json, config.log_prompts)
        return config

    def _send(self, event: msgspec.Struct) -> None:
        self._parent.tell(encode(event))


def _model_runner() -> MakeRunner:
    """Imports torch, which takes seconds: what fails there is told like all that fails while loading."""
    from service.engine.execution.runner import ModelRunner

    return ModelRunner


def main(find_runner: Callable[[], MakeRunner] = _model_runner) -> int:
    """Be the engine process. ``find_runner`` imports what is to compute the steps."""
    begin = time.monotonic()
    directory = sys.argv[1]
    be_a_child(directory)
    parent = Parent(directory)
    try:
        return Worker(parent, Record(directory)).run(begin, find_runner)
    except Exception:
        logger.exception("the engine cannot go on")
        return 1
    finally:
        parent.close()


if __name__ == "__main__":
    sys.exit(main())
