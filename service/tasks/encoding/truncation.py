"""Texts that are longer than a model takes: which tokens are left out, or that the request is refused."""

from enum import StrEnum
from typing import TypeVar

Tokens = TypeVar("Tokens", list[int], tuple[int, ...])


class Truncation(StrEnum):
    """Which end of a text is cut off."""

    NONE = "none"  # no end: the request is refused
    START = "start"
    END = "end"

    def cut(self, tokens: Tokens, room: int) -> Tokens:
        """At most ``room`` of the tokens, without those at this end. NONE leaves all of them."""
        if self is Truncation.NONE or len(tokens) <= room:
            return tokens
        return tokens[:room] if self is Truncation.END else tokens[len(tokens) - room :]


def pair_rooms(first: int, second: int, room: int) -> tuple[int, int]:
    """How many tokens of each text of a pair fit into ``room`` tokens, if the texts have ``first`` and ``second``.

    The longer text is cut first, as transformers does by "longest_first": the shorter one is left whole, unless even
    halves are shorter.
    """
    if first + second <= room:
        return first, second
    shorter, longer = min(first, second), max(first, second)
    longer = max(shorter, room - shorter)
    if shorter + longer > room:
        shorter = room // 2
        longer = shorter + room % 2
    return (longer, shorter) if first > second else (shorter, longer)
