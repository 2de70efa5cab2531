"""The API process's side of the reader: submit windows, and await their scores. It never imports torch."""

from collections.abc import Callable, Sequence

from service.processes.client import ProcessClient
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartPolicy
from service.reader import READER_WORKER
from service.reader.in_flight_read import InFlightRead
from service.reader.messages import (
    BatchScored,
    BatchStats,
    EncodedWindow,
    ReaderConfig,
    ReaderInfo,
    ReadRequest,
    WindowScores,
    decode_event,
)


class ReaderClient(ProcessClient[ReaderInfo, BatchScored, InFlightRead]):
    """The client of the reader process. ``on_batch`` gets the statistics of every batch."""

    def __init__(
        self,
        config: ReaderConfig,
        restart_policy: RestartPolicy,
        *,
        on_batch: Callable[[BatchStats], None] | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        super().__init__("reader", READER_WORKER, decode_event, restart_policy, observer=observer)
        self.config = config
        self._on_batch = on_batch

    def read(self, id: str, windows: Sequence[EncodedWindow], *, priority: int = 0, tenant: str = "") -> InFlightRead:
        """Queue windows. ``id`` must differ from the ids of all requests in flight. Raises ProcessUnavailable.

        While the reader restarts, the windows wait.
        """
        self._require_started()
        read = InFlightRead(ReadRequest(id, list(windows), priority, tenant), self.abort)
        if windows:
            self._add({id: read})
        return read

    def _make_config(self) -> ReaderConfig:
        return self.config

    def _handle(self, event: BatchScored) -> None:
        for scores in event.scores:
            self._deliver(scores, event.stats.seconds)
        self._supervisor.progress()
        if self._on_batch is not None:
            self._on_batch(event.stats)

    def _deliver(self, scores: WindowScores, batch_seconds: float) -> None:
        entry = self._in_flight.get(scores.id)
        if entry is None:
            return  # aborted while the scores were on their way
        if not entry.has_output:
            self._record_first_output(entry)
        if entry.item.put(scores, batch_seconds):
            self._in_flight.remove(scores.id)
