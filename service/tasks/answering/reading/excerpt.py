"""A part of a document as tokens, and the tokens of it at which a span may begin and end."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from service.tasks.answering.documents.boundaries import boundaries
from service.tasks.answering.query import ContextDocument
from service.tasks.encoding.tokenizer import TextTokens

_CONTEXT = 64  # characters on both sides of an excerpt, which show whether a word continues there


@dataclass(frozen=True, slots=True)
class _TrimmedToken:
    """The index of a token, and its offsets in the document without white space at its ends."""

    index: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The tokens ``first`` to ``last`` (excluded) of a document, the ``document_index``-th of its question."""

    document: ContextDocument
    document_index: int
    tokens: TextTokens
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    @property
    def text(self) -> str:
        """The document's text from the first token to the last."""
        offsets = self.tokens.offsets
        return self.document.text[offsets[self.first][0] : offsets[self.last - 1][1]]

    @property
    def ids(self) -> list[int]:
        """The token ids."""
        return self.tokens.ids[self.first : self.last]

    def word_tokens(self) -> tuple[dict[int, int], dict[int, int]]:
        """The tokens that begin a word and the tokens that end one, counted from ``first``.

        Each maps to the offset in the document at which its word begins or ends. Words are whole: a tokenizer may drop
        an accent or divide an emoji, but a span does neither.
        """
        tokens = [token for index in range(self.first, self.last) if (token := self._trimmed(index))]
        if not tokens:
            return {}, {}
        before, after = self._neighbour(tokens[0].index, -1), self._neighbour(tokens[-1].index, 1)
        origin = max(tokens[0].start - _CONTEXT, 0)
        starts, ends = boundaries(self.document.text[origin : tokens[-1].end + _CONTEXT])
        begin, finish = {}, {}
        for left, token, right in zip([before, *tokens[:-1]], tokens, [*tokens[1:], after], strict=True):
            nth = bisect_right(starts, token.start - origin)
            start = starts[nth - 1] + origin if nth else token.start
            nth = bisect_left(ends, token.end - origin)
            end = ends[nth] + origin if nth < len(ends) else token.end
            if left is None or left.start < start:
                begin[token.index - self.first] = start
            if right is None or right.end > end:
                finish[token.index - self.first] = end
        return begin, finish

    def _trimmed(self, index: int) -> _TrimmedToken | None:
        """The token without white space, or None if it is only white space."""
        start, end = self.tokens.offsets[index]
        text = self.document.text[start:end]
        if not text.strip():
            return None
        return _TrimmedToken(index, start + len(text) - len(text.lstrip()), end - len(text) + len(text.rstrip()))

    def _neighbour(self, index: int, step: int) -> _TrimmedToken | None:
        """The nearest token before (``step`` -1) or after (1) that is more than white space, or None."""
        index += step
        while 0 <= index < len(self.tokens.ids):
            if token := self._trimmed(index):
                return token
            index += step
        return None
