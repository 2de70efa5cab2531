"""Delivery of spans: what the log says of a collector that does not take them. Imported by ``otlp`` only."""

import logging
from collections.abc import Sequence

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

logger = logging.getLogger(__name__)

# They write lines for every batch that fails.
_LOGGERS = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.sdk._shared_internal")


class WatchedExporter(SpanExporter):
    """An exporter whose failures are logged once: the first one with the SDK's reason, and then the end of failures."""

    def __init__(self, exporter: SpanExporter, address: str) -> None:
        """``address`` is the collector's, for people."""
        self._exporter = exporter
        self._address = address
        self._is_failing = False
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(lambda line: not self._is_failing)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Deliver a batch, in the SDK's thread."""
        result = self._exporter.export(spans)
        failed = result is not SpanExportResult.SUCCESS
        if failed and not self._is_failing:
            logger.warning("the collector %s does not take spans: they are dropped until it does", self._address)
        elif self._is_failing and not failed:
            logger.info("the collector %s takes spans again", self._address)
        self._is_failing = failed
        return result

    def shutdown(self) -> None:
        """Close the connections."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        """Nothing waits here."""
        return self._exporter.force_flush(timeout_millis)
