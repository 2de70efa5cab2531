"""The reader process: windows in, one padded batch after another, scores out.

It is started by ``ChildProcess`` as ``python -m service.reader.worker DIRECTORY`` and told what to serve as the engine
process is, with a ReaderConfig. Whatever waits when a batch is done may go into the next one, whosever it is.
"""

import logging
import sys
import time
from typing import TYPE_CHECKING

import msgspec

from service import logs
from service.engine.protocol.messages import Abort, Failed, Stop
from service.errors import ProcessError
from service.processes.crash_record import Record
from service.processes.parent import Parent, be_a_child
from service.reader.messages import (
    BatchStats,
    ReaderConfig,
    ReaderReady,
    ReadRequest,
    Scored,
    WindowScores,
    decode_command,
    encode,
)
from service.reader.queue import Queue

if TYPE_CHECKING:
    from service.reader.model import SpanModel

logger = logging.getLogger(__name__)


class Worker:
    """Owns the process's model and what waits for it."""

    def __init__(self, parent: Parent, record: Record) -> None:
        self._parent = parent
        self._record = record

    def run(self, begin: float) -> int:
        """Load, serve until told to stop; the exit status. ``begin`` is when the process started to import."""
        try:
            try:
                from service.reader.model import SpanModel

                imported = time.monotonic() - begin
            finally:
                told = self._parent.told()  # whoever tells listens: now it can be said what went wrong
            if not told:
                return 0
            config = msgspec.json.decode(told, type=ReaderConfig)
            logs.configure(config.log_level, config.log_json, config.log_prompts)
            model = SpanModel(config)
        except ProcessError as error:
            self._send(Failed(str(error)))
            return 1
        except Exception as error:
            logger.exception("the reader cannot start")
            self._send(Failed(f"{type(error).__name__}: {error}"))
            return 1
        phases = {"import": imported, **model.info.startup_seconds}
        self._send(ReaderReady(msgspec.structs.replace(model.info, startup_seconds=phases)))
        queue = Queue(model.info.max_batch_tokens)
        while self._obey(queue):
            self._step(model, queue)
        return 0

    def _obey(self, queue: Queue) -> bool:
        """Do what has been asked for since the last batch; False if that was to stop."""
        for frame in self._parent.commands(wait=not queue):
            match decode_command(frame):
                case ReadRequest() as read:
                    queue.add(read)
                case Abort(ids):
                    queue.abort(set(ids))
                case Stop():
                    return False
        return self._parent.lives

    def _step(self, model: "SpanModel", queue: Queue) -> None:
        """One batch, if anything waits."""
        batch = queue.take()
        if not batch:
            return
        begin = time.monotonic()
        with self._record.computing([*{each.request: None for each in batch}]):
            logits = model.logits([each.window for each in batch])
        scores = [WindowScores(each.request, each.index, *pair) for each, pair in zip(batch, logits, strict=True)]
        stats = BatchStats(
            seconds=time.monotonic() - begin,
            windows=len(batch),
            tokens=sum(map(len, batch)),
            waiting=len(queue),
        )
        self._send(Scored(scores, stats))

    def _send(self, event: msgspec.Struct) -> None:
        self._parent.tell(encode(event))


def main() -> int:
    """Be the reader process."""
    begin = time.monotonic()
    directory = sys.argv[1]
    be_a_child(directory)
    parent = Parent(directory)
    try:
        return Worker(parent, Record(directory)).run(begin)
    except Exception:
        logger.exception("the reader cannot go on")
        return 1
    finally:
        parent.close()


if __name__ == "__main__":
    sys.exit(main())
