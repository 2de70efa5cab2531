"""A proposal: tokens that may come next in a sequence."""

from typing import Protocol

from msgspec import Struct


class Proposal(Struct, frozen=True):
    """``tokens`` continue a place whose last ``match_length`` tokens equal the sequence's last ones."""

    tokens: tuple[int, ...]
    match_length: int
    is_prediction: bool = False  # they come from the client's prediction


class Proposer(Protocol):
    """Follows the tokens of one sequence."""

    def propose(self, tokens: list[int], limit: int) -> Proposal | None:
        """At most ``limit`` tokens that may come after ``tokens``, which are those of the last call and maybe more."""
        ...
