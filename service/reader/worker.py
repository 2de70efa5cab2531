"""The reader process: ``python -m service.reader.worker DIRECTORY``. It computes one padded batch after another.

A batch may mix windows of all requests that wait when the batch before it is done.
"""

import sys
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from service.processes.crash_record import CrashRecord
from service.processes.worker import Load, ModelWorker, WorkerProcess
from service.reader.messages import (
    BatchScored,
    BatchStats,
    ReaderConfig,
    ReaderInfo,
    ReadRequest,
    WindowScores,
    decode_command,
)
from service.reader.window_queue import WindowQueue

if TYPE_CHECKING:
    from service.reader.model import SpanModel


class ReaderWorker(ModelWorker[ReadRequest]):
    """Owns the windows that wait for the model."""

    def __init__(self, model: "SpanModel", crash_record: CrashRecord) -> None:
        self._model = model
        self._crash_record = crash_record
        self._queue = WindowQueue(model.info.max_batch_tokens)

    @property
    def info(self) -> ReaderInfo:
        return self._model.info

    @property
    def has_work(self) -> bool:
        return len(self._queue) > 0

    def submit(self, request: ReadRequest) -> None:
        self._queue.add(request)

    def abort(self, ids: Collection[str]) -> None:
        self._queue.abort(set(ids))

    def step(self) -> BatchScored:
        """Compute one batch."""
        batch = self._queue.pop_batch()
        begin = time.monotonic()
        with self._crash_record.computing([*{each.request_id: None for each in batch}]):
            logits = self._model.logits([each.window for each in batch])
        scores = [WindowScores(each.request_id, each.index, *pair) for each, pair in zip(batch, logits, strict=True)]
        stats = BatchStats(
            seconds=time.monotonic() - begin,
            windows=len(batch),
            tokens=sum(map(len, batch)),
            waiting=len(self._queue),
        )
        return BatchScored(scores, stats)


def _import_load() -> Load[ReaderConfig, ReadRequest]:
    from service.reader.model import SpanModel

    def load(config: ReaderConfig, crash_record: CrashRecord) -> ReaderWorker:
        return ReaderWorker(SpanModel(config), crash_record)

    return load


def main() -> int:
    """Run the reader process. Returns its exit status."""
    return WorkerProcess("reader", sys.argv[1], ReaderConfig, decode_command, _import_load).run()


if __name__ == "__main__":
    sys.exit(main())
