"""The outcomes of requests."""

from prometheus_client import CollectorRegistry, Counter

from service.outcomes import Outcome


class RequestMetrics:
    """Counts every request once, by its outcome."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._ended = Counter(
            "trivium_requests",
            "Requests that have ended, by outcome: those of clients, lines of batches and windows of documents.",
            ["model", "outcome", "reason"],
            registry=registry,
        )
        self._expected: set[str] = set()
        self.expect("")

    def expect(self, model: str) -> None:
        """Make the series of a model, so that Prometheus sees zeros before the first failures, and rates count them."""
        if model in self._expected:
            return
        self._expected.add(model)
        for outcome in Outcome:
            self._ended.labels(model, outcome.kind, outcome.reason)

    def ended(self, outcome: Outcome, model: str) -> None:
        """A request has ended. ``model`` is the name of a served model, empty if the request was for none."""
        self.expect(model)
        self._ended.labels(model, outcome.kind, outcome.reason).inc()
