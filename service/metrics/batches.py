"""Batches and their lines."""

from prometheus_client import CollectorRegistry, Counter


class BatchMetrics:
    """The observer of all batches."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._batches = Counter(
            "trivium_batches", "Batches that have got a status, by status.", ["status"], registry=registry
        )
        self._lines = Counter(
            "trivium_batch_lines", "Lines of batches with a result, by outcome.", ["outcome"], registry=registry
        )

    def batch_changed(self, status: str) -> None:
        """A batch got this status."""
        self._batches.labels(status).inc()

    def line_ended(self, *, answered: bool) -> None:
        """A line has a result: an answer, or an error."""
        self._lines.labels("answered" if answered else "failed").inc()
