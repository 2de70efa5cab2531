"""An encoder process: ``python -m service.encoder.worker DIRECTORY``. It computes one batch after another.

A batch may mix inputs of all requests that wait when the batch before it is done.
"""

import os
import sys
import time
from collections.abc import Collection
from typing import TYPE_CHECKING

from service.encoder.input_queue import InputQueue
from service.encoder.messages import (
    BatchEncoded,
    BatchStats,
    EncoderConfig,
    EncodeRequest,
    EncoderInfo,
    EncoderOutput,
    decode_command,
)
from service.processes.crash_record import CrashRecord
from service.processes.worker import Load, ModelWorker, WorkerProcess

if TYPE_CHECKING:
    from service.encoder.models.encoder_model import EncoderModel


class EncoderWorker(ModelWorker[EncodeRequest]):
    """Owns the inputs that wait for the model."""

    def __init__(self, model: "EncoderModel", crash_record: CrashRecord) -> None:
        self._model = model
        self._crash_record = crash_record
        self._queue = InputQueue(model.info.max_batch_tokens)

    @property
    def info(self) -> EncoderInfo:
        return self._model.info

    @property
    def has_work(self) -> bool:
        return len(self._queue) > 0

    def submit(self, request: EncodeRequest) -> None:
        self._queue.add(request)

    def abort(self, ids: Collection[str]) -> None:
        self._queue.abort(set(ids))

    def idle_report(self) -> BatchEncoded:
        return BatchEncoded([], BatchStats(seconds=0.0, inputs=0, tokens=0, waiting=len(self._queue)))

    def step(self) -> BatchEncoded:
        """Compute one batch."""
        batch = self._queue.pop_batch()
        begin = time.monotonic()
        with self._crash_record.computing([*{each.request_id: None for each in batch}]):
            values = self._model.encode([each.input for each in batch])
        outputs = [EncoderOutput(each.request_id, each.index, row) for each, row in zip(batch, values, strict=True)]
        stats = BatchStats(
            seconds=time.monotonic() - begin,
            inputs=len(batch),
            tokens=sum(map(len, batch)),
            waiting=len(self._queue),
        )
        return BatchEncoded(outputs, stats)


def _import_load() -> Load[EncoderConfig, EncodeRequest]:
    # OpenMP's threads wait for each other after every operation. If they spin meanwhile, they keep the API process from
    # the cores that it needs to feed them. OpenMP reads the variable when torch is imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    from service.encoder.models.encoder_model import EncoderModel

    def load(config: EncoderConfig, crash_record: CrashRecord) -> EncoderWorker:
        return EncoderWorker(EncoderModel(config), crash_record)

    return load


def main() -> int:
    """Run the encoder process. Returns its exit status."""
    return WorkerProcess("encoder", sys.argv[1], EncoderConfig, decode_command, _import_load).run()


if __name__ == "__main__":
    sys.exit(main())
