"""A proposal: tokens that may come next in a sequence."""

from typing import Protocol

from msgspec import Struct


class Proposal(Struct, frozen=True):
    """``tokens`` continue a place whose last ``match_length`` tokens equal the sequence's last ones.

    Those of a draft model have ``confidences`` instead: the probabilities that it gives them.
    """

    tokens: tuple[int, ...]
    match_length: int = 0
    is_prediction: bool = False  # they come from the client's prediction
    confidences: tuple[float, ...] = ()

    def strength(self, number: int) -> float:
        """How sure the token with this number is, for the ``Acceptance`` of proposals of its kind."""
        return self.confidences[number] if self.confidences else self.match_length + number


class Proposer(Protocol):
    """Follows the tokens of one sequence."""

    def propose(self, tokens: list[int], limit: int) -> Proposal | None:
        """At most ``limit`` tokens that may come after ``tokens``, which are those of the last call and maybe more."""
        ...
