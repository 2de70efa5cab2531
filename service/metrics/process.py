"""The process of one model: whether it is ready, and its crashes."""

from abc import ABC, abstractmethod

from prometheus_client import Gauge

from service.metrics.series import DURATION, ModelSeries
from service.processes.exit_report import ExitCause


def weights_gauge(series: ModelSeries) -> Gauge:
    """The gauge of the memory of a model's weights, in any kind of process."""
    return series.gauge("trivium_model_weights_bytes", "Memory of the model's weights.")


class ProcessMetrics(ABC):
    """The observer of a model's process, over all its restarts and loads. ``kind`` is "engine" or "encoder"."""

    def __init__(self, series: ModelSeries, kind: str) -> None:
        self._series = series
        self._kind = kind

    @abstractmethod
    def up(self) -> None:
        """The process is ready."""

    @abstractmethod
    def down(self) -> None:
        """The process has stopped or died, so the last values of its gauges are no longer true."""

    def process_died(self, cause: ExitCause) -> None:
        """The process died or was killed."""
        self._series.counter(
            "trivium_process_deaths", "Deaths of child processes, by kind and cause.", process=self._kind, cause=cause
        ).inc()
        self.down()

    def process_returned(self, seconds: float, replayed: int) -> None:
        """The process is ready again, ``seconds`` after its death, and ``replayed`` requests continue in it."""
        self._series.histogram(
            "trivium_recovery_duration_seconds",
            "Time from a death of a child process until the new process is ready.",
            DURATION,
            process=self._kind,
        ).observe(seconds)
        self._series.counter(
            "trivium_replayed_requests", "Requests that continued in a new process.", process=self._kind
        ).inc(replayed)
        self.up()
