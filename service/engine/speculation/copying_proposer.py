"""Proposals that are copied from tokens that are known already.

A text that is edited, summarized or quoted repeats long parts of its prompt. Where the last tokens of a sequence
occurred before, the tokens that followed there are likely to follow again (prompt lookup). A prediction is a text of
the client that is copied in the same way, from its beginning on.
"""

from service.engine.speculation.ngram_index import MOST_MATCHED, NgramIndex
from service.engine.speculation.proposal import Proposal

LEAST_MATCHED = 3  # tokens of a match that is preferred to all shorter ones
_MOST_INDEXED = 1 << 14  # tokens of a prompt, the last ones: an index takes about 200 bytes for each


class CopyingProposer:
    """Holds the place that it copies from, as long as the sequence agrees with it. A ``Proposer``."""

    def __init__(self, source: list[int] | None = None) -> None:
        """Copy from ``source``, and first from its beginning; without a source, from the sequence's own tokens.

        The sequence's own tokens are also copied after a match of a single token: such guesses are often wrong, but
        they are cheap, and their acceptance is measured for itself.
        """
        self._source = source
        self._sizes = (LEAST_MATCHED, 1) if source is None else (LEAST_MATCHED,)
        self._indexes: list[NgramIndex] = []
        self._place = -1 if source is None else 0  # in the source; -1: nothing to copy
        self._matched = 0  # tokens before the place that are equal
        self._left = -1  # where the sequence last disagreed
        self._followed = -1  # tokens of the sequence so far; -1: none were seen

    def propose(self, tokens: list[int], limit: int) -> Proposal | None:
        """As ``Proposer.propose``."""
        source = tokens if self._source is None else self._source
        self._follow(tokens, source)
        if self._place < 0:
            self._search(tokens, source)
        if self._place < 0 or limit <= 0:
            return None
        copied = source[self._place : self._place + limit]
        if self._source is None and 0 < len(copied) < limit:  # what repeats once may repeat again
            copied = (copied * (limit // len(copied) + 1))[:limit]
        if not copied:
            return None
        return Proposal(tuple(copied), self._matched, is_prediction=self._source is not None)

    def _follow(self, tokens: list[int], source: list[int]) -> None:
        """Move on over the tokens that are new, or stop copying at the first one that differs."""
        if self._followed >= 0:
            for number in range(self._followed, len(tokens)):
                if self._place < 0:
                    break
                if self._place < len(source) and source[self._place] == tokens[number]:
                    self._place += 1
                    self._matched = min(self._matched + 1, MOST_MATCHED)
                else:
                    self._left, self._place = self._place, -1
        self._followed = len(tokens)

    def _search(self, tokens: list[int], source: list[int]) -> None:
        if not self._indexes:
            first = max(0, len(source) - _MOST_INDEXED)
            self._indexes = [NgramIndex(source, size, first) for size in self._sizes]
        for index in self._indexes:
            # The end of the sequence itself is no place to copy from.
            index.extend(len(source) - (1 if self._source is None else 0))
            self._place, self._matched = index.find(tokens, self._left)
            if self._place >= 0:
                break
