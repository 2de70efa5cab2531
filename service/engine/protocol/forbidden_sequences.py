"""Token sequences that must not occur."""

from collections.abc import Iterator, Sequence
from functools import cached_property

from msgspec import Struct


class ForbiddenSequences(Struct, frozen=True, dict=True, array_like=True):
    """``sequences`` are not empty. The time for a token grows with those of them that its predecessor may complete."""

    sequences: tuple[tuple[int, ...], ...]

    @cached_property
    def _by_predecessor(self) -> dict[int | None, list[tuple[int, ...]]]:
        """The sequences by their last token but one, which is None for those of one token."""
        found: dict[int | None, list[tuple[int, ...]]] = {}
        for sequence in self.sequences:
            found.setdefault(sequence[-2] if len(sequence) > 1 else None, []).append(sequence)
        return found

    def next_tokens(self, tokens: Sequence[int]) -> Iterator[int]:
        """The tokens that would complete a sequence after ``tokens``."""
        for sequence in self._by_predecessor.get(None, ()):
            yield sequence[-1]
        if not tokens:
            return
        for sequence in self._by_predecessor.get(tokens[-1], ()):
            if tuple(tokens[1 - len(sequence) :]) == sequence[:-1]:
                yield sequence[-1]
