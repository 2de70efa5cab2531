"""The part of a runner that computes a draft model."""

from typing import Protocol

from msgspec import Struct

from service.engine.scheduling.step import Step


class Guess(Struct, frozen=True):
    """The token that a draft model would have next. ``confidence`` is its probability, before any temperature."""

    token: int
    confidence: float


class DraftRunner(Protocol):
    """Computes steps with the draft model."""

    @property
    def vocab_size(self) -> int:
        """The tokens that the draft model knows: 0 to this number."""
        ...

    @property
    def max_model_len(self) -> int:
        """The most tokens of a sequence that the draft model computes."""
        ...

    def draft(self, step: Step) -> list[Guess | None]:
        """Compute ``step``, and guess behind each chunk that reaches its sequence's last token; None for all others.

        A guess is drawn like the sequence's own token at this place, with the same seed. There is none behind a chunk
        whose numbers are not finite. Raises OutOfMemory and DeviceLost. What a step that raises wrote is discarded.
        """
        ...
