"""A real encoder model in the place of the EncoderClient, in the process of the test.

The queue, the worker and the model are those of an encoder process. Only the process and its link are missing, whose
start takes most of the time of a test.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from service.encoder.client import EncoderClient
from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import EncoderConfig, EncodeRequest, EncoderInfo, EncoderInput
from service.encoder.models.encoder_model import EncoderModel
from service.encoder.worker import EncoderWorker
from service.processes.crash_record import CrashRecord


class LocalEncoder:
    """Computes one batch in each turn of the loop, from all inputs that wait then."""

    def __init__(self, config: EncoderConfig, directory: Path) -> None:
        """``directory`` is for the crash record."""
        self._head = config.head
        self._worker = EncoderWorker(EncoderModel(config), CrashRecord(str(directory)))
        self._in_flight: dict[str, InFlightEncoding] = {}

    @property
    def client(self) -> EncoderClient:
        """The encoder under the type of the client whose place it takes."""
        return cast(EncoderClient, self)

    # The interface of the EncoderClient

    @property
    def info(self) -> EncoderInfo:
        return self._worker.info

    async def start(self) -> None:
        """Nothing is left to load."""

    async def close(self) -> None:
        """Nothing is left to end."""

    def encode(
        self, id: str, inputs: Sequence[EncoderInput], *, priority: int = 0, tenant: str = ""
    ) -> InFlightEncoding:
        request = EncodeRequest(id, list(inputs), priority, tenant)
        encoding = InFlightEncoding(request, self._head, self._abort)
        if not self._worker.has_work:
            asyncio.get_running_loop().call_soon(self._step)
        self._worker.submit(request)
        self._in_flight[id] = encoding
        return encoding

    def _abort(self, ids: list[str]) -> None:
        self._worker.abort(ids)
        for id in ids:
            self._in_flight.pop(id, None)

    def _step(self) -> None:
        if not self._worker.has_work:
            return  # all was aborted
        event = self._worker.step()
        for output in event.outputs:
            if self._in_flight[output.id].put(output, event.stats.seconds):
                del self._in_flight[output.id]
        if self._worker.has_work:
            asyncio.get_running_loop().call_soon(self._step)
