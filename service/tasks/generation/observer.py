"""The interface through which metrics and logs follow completions."""

from typing import Protocol

from service.engine.protocol.outputs import FinishReason
from service.tasks.generation.usage import Timings, Usage


class CompletionObserver(Protocol):
    """Receives the events of completions. The calls must return quickly: they are made for every token."""

    def request_started(self, id: str) -> None:
        """The engine has accepted a completion. The ids of its sequences begin with ``id``."""

    def first_token(self, seconds: float) -> None:
        """A sequence received its first token, ``seconds`` after its completion was queued."""

    def token_gap(self, seconds: float) -> None:
        """A sequence received a further token, ``seconds`` after the one before."""

    def finished(self, usage: Usage, timings: Timings, finish: tuple[FinishReason, ...]) -> None:
        """The completion has ended: done, failed or aborted. ``finish`` holds one reason for each sequence."""
