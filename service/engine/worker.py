"""The engine process: commands in, ``engine.step()``, events out. One thread, one loop, no policy.

It is started by ``EngineProcess`` as ``python -m service.engine.worker DIRECTORY`` and imports what it needs while its
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
from service.engine.errors import EngineError
from service.engine.messages import Abort, Failed, Ready, Rejected, Stop, Submit, decode_command, encode
from service.engine.parent import Parent, be_a_child
from service.engine.types import EngineConfig, FinishReason, TokenOutput

if TYPE_CHECKING:
    from service.engine.engine import SizedRunner

logger = logging.getLogger(__name__)

MakeRunner = Callable[[EngineConfig], "SizedRunner"]


class Worker:
    """Owns the process's engine."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent

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
            self._engine = Engine(make_runner(config), config)
        except EngineError as error:
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
                            self._engine.add(request)
                        except EngineError as error:
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
    from service.engine.runner import ModelRunner

    return ModelRunner


def main(find_runner: Callable[[], MakeRunner] = _model_runner) -> int:
    """Be the engine process. ``find_runner`` imports what is to compute the steps."""
    begin = time.monotonic()
    be_a_child()
    parent = Parent(sys.argv[1])
    try:
        return Worker(parent).run(begin, find_runner)
    finally:
        parent.close()


if __name__ == "__main__":
    sys.exit(main())
