"""A piece of a document as tokens, and at which of them a span may begin and end."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from service.tasks.answering.boundaries import boundaries
from service.tasks.answering.pairs import Tokens
from service.tasks.answering.query import Document

_NEAR = 64  # characters on both sides that tell whether a word goes on there


@dataclass(frozen=True, slots=True)
class _Ink:
    """Where a token stands in the document without the white space around it."""

    token: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The tokens ``first`` up to ``last`` of a document. ``place`` numbers the documents of a question."""

    document: Document
    place: int
    tokens: Tokens
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def text(self) -> str:
        """From its first token to its last."""
        offsets = self.tokens.offsets
        return self.document.text[offsets[self.first][0] : offsets[self.last - 1][1]]

    @property
    def ids(self) -> list[int]:
        return self.tokens.ids[self.first : self.last]

    def words(self) -> tuple[dict[int, int], dict[int, int]]:
        """Tokens that begin a word and tokens that end one, counted from ``first``, and where in the document.

        Words are whole: a tokenizer may drop an accent or divide an emoji, a span does neither.
        """
        inked = [each for token in range(self.first, self.last) if (each := self._ink(token))]
        if not inked:
            return {}, {}
        before, after = self._beside(inked[0].token, -1), self._beside(inked[-1].token, 1)
        origin = max(inked[0].start - _NEAR, 0)
        starts, ends = boundaries(self.document.text[origin : inked[-1].end + _NEAR])
        begins, finishes = {}, {}
        for left, ink, right in zip([before, *inked[:-1]], inked, [*inked[1:], after], strict=True):
            nth = bisect_right(starts, ink.start - origin)
            start = starts[nth - 1] + origin if nth else ink.start
            nth = bisect_left(ends, ink.end - origin)
            end = ends[nth] + origin if nth < len(ends) else ink.end
            if left is None or left.start < start:
                begins[ink.token - self.first] = start
            if right is None or right.end > end:
                finishes[ink.token - self.first] = end
        return begins, finishes

    def _ink(self, token: int) -> _Ink | None:
        start, end = self.tokens.offsets[token]
        piece = self.document.text[start:end]
        if not piece.strip():
            return None
        return _Ink(token, start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip()))

    def _beside(self, token: int, step: int) -> _Ink | None:
        """The nearest token on one side that is more than white space, if there is one."""
        token += step
        while 0 <= token < len(self.tokens.ids):
            if ink := self._ink(token):
                return ink
            token += step
        return None
