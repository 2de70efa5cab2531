"""The spans of a text as sequences of tokens: what may come first, what may follow, and where it stands.

Everything is counted in bytes of UTF-8, since a token may be a part of a character, and told in characters. A span is
trimmed, begins and ends at ``boundaries``, and has at most ``longest`` characters. Its first token may bring a space
that stands for nothing: models begin a word with one, whatever stood before it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.boundaries import boundaries
from service.tasks.answering.vocabulary import Vocabulary

_SPACE = b" "
_AHEAD = 32  # bytes that a first token can have, and some


class Place(NamedTuple):
    """A span under way: where it began, and how far its tokens have come."""

    start: int
    at: int


class Passage:
    """A text in which spans are looked for. ``openings``: each token that a span may begin with, and its places."""

    def __init__(self, text: str, vocabulary: Vocabulary, *, longest: int) -> None:
        self.text = text
        self.openings: dict[int, list[Place]] = {}
        self._vocabulary = vocabulary
        self._data = text.encode()
        self._offsets = list(accumulate((len(char.encode()) for char in text), initial=0))
        starts, ends = boundaries(text)
        self._ends = frozenset(self._offsets[end] for end in ends)
        self._nearest = self._nearest_ends()
        self._last = {self._offsets[at]: self._offsets[min(at + longest, len(text))] for at in starts}
        for start, last in self._last.items():
            spaced = _SPACE + self._data[start : start + _AHEAD]
            with_space = ((token, start + end - 1) for token, end in vocabulary.at(spaced, 0))
            for token, at in (*with_space, *vocabulary.at(self._data, start)):
                if start < at and self._nearest[at] <= last:
                    self.openings.setdefault(token, []).append(Place(start, at))

    def continuations(self, places: Sequence[Place]) -> TokenGraph:
        """What may follow the token that led to ``places``.

        Its nodes are bytes of the text, shared by all spans that go over them, so it is never larger than the text.
        Where places are near each other, a span may therefore become longer than allowed; ``spans`` tells them apart.
        """
        reach: dict[int, int] = {}  # byte -> how far one may go from there
        for start, first in sorted(places):
            last = self._last[start]
            reach.update((at, last) for at in range(first, last + 1))
        numbers = {at: number for number, at in enumerate(reach)}
        edges = tuple(
            tuple((token, numbers[end]) for token, end in self._vocabulary.at(self._data, at) if self._leads(end, last))
            for at, last in reach.items()
        )
        starts = tuple(dict.fromkeys(numbers[place.at] for place in places))
        return TokenGraph(edges, starts, tuple(numbers[at] for at in reach if at in self._ends))

    def spans(self, places: Sequence[Place], tail: bytes) -> list[tuple[int, int]]:
        """The spans, in characters, that end where ``tail`` has followed the token that led to ``places``."""
        found = []
        for start, at in places:
            end = at + len(tail)
            if end in self._ends and end <= self._last[start] and self._data[at:end] == tail:
                found.append((bisect_left(self._offsets, start), bisect_left(self._offsets, end)))
        return found

    def _leads(self, at: int, last: int) -> bool:
        """Whether a span can end at or after this byte, but not after ``last``."""
        return self._nearest[at] <= last

    def _nearest_ends(self) -> list[int]:
        """For each byte, the first end of a span that tokens lead to from there; beyond the text if there is none."""
        beyond = len(self._data) + 1
        nearest = [beyond] * beyond
        for at in range(len(self._data), -1, -1):
            if at in self._ends:
                nearest[at] = at
            elif self._vocabulary.spells_all:
                nearest[at] = nearest[at + 1] if at < len(self._data) else beyond
            else:
                ends = (nearest[end] for _, end in self._vocabulary.at(self._data, at))
                nearest[at] = min(ends, default=beyond)
        return nearest
