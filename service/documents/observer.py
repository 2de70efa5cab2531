"""The events of documents that metrics count."""

from typing import Protocol


class DocumentObserver(Protocol):
    """Called on the event loop. No argument has a client's text."""

    def document_changed(self, status: str) -> None:
        """A document got this status."""

    def segments_translated(self, *, clean: int, flagged: int) -> None:
        """Segments are done, with and without doubts."""


class Unobserved:
    """Nobody is told."""

    def document_changed(self, status: str) -> None: ...

    def segments_translated(self, *, clean: int, flagged: int) -> None: ...
