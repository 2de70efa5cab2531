"""The spans of a text as sequences of tokens: which tokens can begin a span, which can follow, and where the span is.

Positions are counted in bytes of UTF-8, since a token may be a part of a character; results are in characters. A span
has no white space at its ends, begins and ends at ``boundaries``, and has at most ``max_characters`` characters. Its
first token may begin with a space that is not in the text: models begin a word with a space, whatever precedes
it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from service.engine.protocol.token_graph import TokenGraph
from service.tasks.answering.documents.boundaries import boundaries
from service.tasks.answering.extraction.vocabulary import Vocabulary

_SPACE = b" "
_FIRST_TOKEN_BYTES = 32  # more than any token of the vocabulary has


class PartialSpan(NamedTuple):
    """A span that is not complete: the byte where it began, and the byte that its tokens have reached."""

    start: int
    position: int


class Passage:
    """A text whose spans are offered to the model.

    ``first_tokens`` maps each token that can begin a span to the partial spans that it begins.
    """

    def __init__(self, text: str, vocabulary: Vocabulary, *, max_characters: int) -> None:
        self.text = text
        self.first_tokens: dict[int, list[PartialSpan]] = {}
        self._vocabulary = vocabulary
        self._data = text.encode()
        self._offsets = list(accumulate((len(char.encode()) for char in text), initial=0))
        starts, ends = boundaries(text)
        self._ends = frozenset(self._offsets[end] for end in ends)
        self._next_end = self._next_ends()
        # The last byte at which a span may end, by the byte where it begins.
        self._limits = {self._offsets[start]: self._offsets[min(start + max_characters, len(text))] for start in starts}
        for start, limit in self._limits.items():
            spaced = _SPACE + self._data[start : start + _FIRST_TOKEN_BYTES]
            with_space = ((token, start + end - 1) for token, end in vocabulary.tokens_at(spaced, 0))
            for token, position in (*with_space, *vocabulary.tokens_at(self._data, start)):
                if start < position and self._can_end(position, limit):
                    self.first_tokens.setdefault(token, []).append(PartialSpan(start, position))

    def continuations(self, partials: Sequence[PartialSpan]) -> TokenGraph:
        """The tokens that may follow a first token that began ``partials``.

        The graph's nodes are bytes of the text, and all spans over a byte share its node, so the graph is never larger
        than the text. Where partial spans are near each other, the graph may therefore allow a span that is too long;
        ``spans`` leaves it out.
        """
        limits: dict[int, int] = {}  # byte -> the last byte that a span may reach from there
        for start, first in sorted(partials):
            limit = self._limits[start]
            limits.update((byte, limit) for byte in range(first, limit + 1))
        nodes = {byte: node for node, byte in enumerate(limits)}
        edges = tuple(
            tuple(
                (token, nodes[end])
                for token, end in self._vocabulary.tokens_at(self._data, byte)
                if self._can_end(end, limit)
            )
            for byte, limit in limits.items()
        )
        starts = tuple(dict.fromkeys(nodes[partial.position] for partial in partials))
        return TokenGraph(edges, starts, tuple(nodes[byte] for byte in limits if byte in self._ends))

    def spans(self, partials: Sequence[PartialSpan], continuation: bytes) -> list[tuple[int, int]]:
        """The spans, as offsets in characters, that are complete once ``continuation`` has followed the first token."""
        found = []
        for start, position in partials:
            end = position + len(continuation)
            if end in self._ends and end <= self._limits[start] and self._data[position:end] == continuation:
                found.append((bisect_left(self._offsets, start), bisect_left(self._offsets, end)))
        return found

    def _can_end(self, position: int, limit: int) -> bool:
        """Whether a span that has reached this byte can end there or later, but not after ``limit``."""
        return self._next_end[position] <= limit

    def _next_ends(self) -> list[int]:
        """For each byte the first end of a span that tokens can reach from there; beyond the text if there is none."""
        beyond = len(self._data) + 1
        next_end = [beyond] * beyond
        for byte in range(len(self._data), -1, -1):
            if byte in self._ends:
                next_end[byte] = byte
            elif self._vocabulary.spells_all:
                next_end[byte] = next_end[byte + 1] if byte < len(self._data) else beyond
            else:
                ends = (next_end[end] for _, end in self._vocabulary.tokens_at(self._data, byte))
                next_end[byte] = min(ends, default=beyond)
        return next_end
