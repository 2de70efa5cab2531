"""All series of the service: HTTP requests, batches, documents, and one view for each served model."""

from collections.abc import Collection
from http import HTTPMethod

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

import service
from service.metrics.aliases import alias_text
from service.metrics.batches import BatchMetrics
from service.metrics.documents import DocumentMetrics
from service.metrics.model_metrics import ModelMetrics
from service.metrics.requests import RequestMetrics
from service.metrics.series import DURATION, Families
from service.outcomes import Outcome


def method_label(method: str) -> str:
    """A method that HTTP defines, or OTHER: a client may send any word."""
    return method if method in HTTPMethod.__members__ else "OTHER"


class Metrics:
    """Owns the registry of all series. Two services in one process share none."""

    def __init__(self, compat: Collection[str] = ()) -> None:
        """``compat`` names the programs under whose names series are written too: "vllm", "tgi"."""
        disable_created_metrics()  # type: ignore[no-untyped-call]  # its extra series double the size of every scrape
        self._registry = r = CollectorRegistry()
        ProcessCollector(registry=r)  # of the API process: processor time, memory, file descriptors
        self._families = Families(r)
        self._compat = compat
        self._models: dict[str, ModelMetrics] = {}
        self._requests = RequestMetrics(r)
        self._http = Counter(
            "trivium_http_requests", "HTTP responses.", ["route", "method", "status", "model"], registry=r
        )
        self._http_seconds = Histogram(
            "trivium_http_request_duration_seconds",
            "Time from an HTTP request's arrival to the last byte of its response.",
            ["route", "model"],
            buckets=DURATION,
            registry=r,
        )
        self._refused = Counter(
            "trivium_keys_refused", "Requests refused because of their key, by reason.", ["reason"], registry=r
        )
        self.batches = BatchMetrics(r)
        self.documents = DocumentMetrics(r)
        Info("trivium_build", "The version of the service.", registry=r).info({"version": service.__version__})

    def for_model(self, name: str) -> ModelMetrics:
        """The view of one served model. ``name`` is the operator's name of it, never a client's text."""
        if name not in self._models:
            self._requests.expect(name)
            self._models[name] = ModelMetrics(self._families, name)
        return self._models[name]

    def expect_requests(self, model: str) -> None:
        """There may be requests for this model or adapter. Those for models of ``for_model`` are expected."""
        self._requests.expect(model)

    def observe_request(self, outcome: Outcome, model: str = "") -> None:
        """A request has ended so: one of a client, a line of a batch, or a window of a document."""
        self._requests.ended(outcome, model)

    def observe_http(self, route: str, method: str, status: int, seconds: float, model: str = "") -> None:
        """A response has ended, ``seconds`` after its request arrived.

        ``route`` is the path as declared, ``model`` the served model that the request was for, empty without one.
        """
        self._http.labels(route, method_label(method), str(status), model).inc()
        self._http_seconds.labels(route, model).observe(seconds)

    def key_refused(self, reason: str) -> None:
        """A request was refused before it reached its route. ``reason`` is the code of the error: one of a few."""
        self._refused.labels(reason).inc()

    def render(self) -> tuple[bytes, str]:
        """All series in Prometheus' text format, and its content type."""
        text = generate_latest(self._registry)
        if self._compat:
            text += alias_text(self._registry.collect(), self._compat).encode()
        return text, CONTENT_TYPE_PLAIN_0_0_4
