"""The events of batches that metrics count."""

from typing import Protocol


class BatchObserver(Protocol):
    """Called on the event loop. No argument has a client's text."""

    def batch_changed(self, status: str) -> None:
        """A batch got this status."""

    def line_ended(self, *, answered: bool) -> None:
        """A line has a result: an answer, or an error."""


class Unobserved:
    """Nobody is told."""

    def batch_changed(self, status: str) -> None: ...

    def line_ended(self, *, answered: bool) -> None: ...
