"""The interface through which logs follow the requests of encoders."""

from typing import Protocol

from service.tasks.generation.usage import Usage


class EncodingObserver(Protocol):
    """Receives the events of encodings."""

    def encoding_started(self, id: str) -> None:
        """The encoder has accepted a request."""

    def encoding_finished(self, usage: Usage, *, complete: bool) -> None:
        """The request has ended: all of its inputs are computed (``complete``), or it failed or was aborted."""
