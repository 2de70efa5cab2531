"""Documents and their segments."""

from prometheus_client import CollectorRegistry, Counter


class DocumentMetrics:
    """The observer of all documents."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._documents = Counter(
            "trivium_documents", "Documents that have got a status, by status.", ["status"], registry=registry
        )
        self._segments = Counter(
            "trivium_document_segments",
            "Segments of documents that are translated, clean or flagged.",
            ["outcome"],
            registry=registry,
        )

    def document_changed(self, status: str) -> None:
        """A document got this status."""
        self._documents.labels(status).inc()

    def segments_translated(self, *, clean: int, flagged: int) -> None:
        """Segments are done, with and without doubts."""
        self._segments.labels("clean").inc(clean)
        self._segments.labels("flagged").inc(flagged)
