"""The API process's side of an encoder: submit inputs, and await the numbers of the head. It never imports torch."""

from collections.abc import Callable, Sequence

from service.encoder import ENCODER_WORKER
from service.encoder.in_flight_encoding import InFlightEncoding
from service.encoder.messages import (
    BatchEncoded,
    BatchStats,
    EncoderConfig,
    EncodeRequest,
    EncoderInfo,
    EncoderInput,
    EncoderOutput,
    decode_event,
)
from service.processes.client import ProcessClient
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartPolicy


class EncoderClient(ProcessClient[EncoderInfo, BatchEncoded, InFlightEncoding]):
    """The client of an encoder process.

    ``name`` is the process's name for people. ``on_batch`` gets the statistics of every batch.
    """

    def __init__(
        self,
        config: EncoderConfig,
        restart_policy: RestartPolicy,
        *,
        name: str = "encoder",
        on_batch: Callable[[BatchStats], None] | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        super().__init__(name, ENCODER_WORKER, decode_event, restart_policy, observer=observer)
        self.config = config
        self._on_batch = on_batch

    def encode(
        self, id: str, inputs: Sequence[EncoderInput], *, priority: int = 0, tenant: str = ""
    ) -> InFlightEncoding:
        """Queue inputs. ``id`` must differ from the ids of all requests in flight. Raises ProcessUnavailable.

        While the encoder restarts, the inputs wait.
        """
        self._require_started()
        request = EncodeRequest(id, list(inputs), priority, tenant)
        encoding = InFlightEncoding(request, self.config.head, self.abort)
        if inputs:
            self._add({id: encoding})
        return encoding

    def _make_config(self) -> EncoderConfig:
        return self.config

    def _handle(self, event: BatchEncoded) -> None:
        for output in event.outputs:
            self._deliver(output, event.stats.seconds)
        self._supervisor.progress()
        if self._on_batch is not None:
            self._on_batch(event.stats)

    def _deliver(self, output: EncoderOutput, batch_seconds: float) -> None:
        entry = self._in_flight.get(output.id)
        if entry is None:
            return  # aborted while the output was on its way
        if not entry.has_output:
            self._record_first_output(entry)
        if entry.item.put(output, batch_seconds):
            self._in_flight.remove(output.id)
