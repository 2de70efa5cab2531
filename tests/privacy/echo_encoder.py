"""The encoder process. Its embedder is real; a model with classes, which would take as long to start, has the same
logits for all inputs."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec
import numpy as np

from service.encoder.messages import EncoderConfig, EncodeRequest, EncoderInput, Head, decode_command
from service.encoder.worker import EncoderWorker
from service.processes.crash_record import CrashRecord
from service.processes.worker import Load, WorkerProcess
from tests.fakes.encoder import INFO

if TYPE_CHECKING:
    from service.encoder.models.encoder_model import EncoderModel


class AllAlike:
    """Takes the place of an EncoderModel. Its labels are those of the checkpoint."""

    def __init__(self, config: EncoderConfig) -> None:
        names = json.loads((Path(config.model_path) / "config.json").read_text())["id2label"]
        self.info = msgspec.structs.replace(INFO, head=config.head, labels=(*names.values(),), dimensions=0)

    def encode(self, inputs: Sequence[EncoderInput]) -> list[bytes]:
        return [np.arange(len(self.info.labels), dtype=np.float32).tobytes()] * len(inputs)


def _import_load() -> Load[EncoderConfig, EncodeRequest]:
    def load(config: EncoderConfig, crash_record: CrashRecord) -> EncoderWorker:
        if config.head is Head.CLASSIFICATION:
            return EncoderWorker(cast("EncoderModel", AllAlike(config)), crash_record)
        from service.encoder.models.encoder_model import EncoderModel

        return EncoderWorker(EncoderModel(config), crash_record)

    return load


if __name__ == "__main__":
    sys.exit(WorkerProcess("encoder", sys.argv[1], EncoderConfig, decode_command, _import_load).run())
