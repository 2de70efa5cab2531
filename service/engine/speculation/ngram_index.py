"""Finds where the last tokens of one list occur in another list, or earlier in the same one."""

from collections.abc import Iterator

MOST_MATCHED = 32  # tokens that are compared at most
_MOST_CANDIDATES = 16  # occurrences that are looked at, the latest first


class NgramIndex:
    """The places of a list of tokens, by the ``size`` tokens before them. The list may grow.

    A place is a number: that of the first token after the occurrence.
    """

    def __init__(self, tokens: list[int], size: int, first: int = 0) -> None:
        """Index ``tokens`` from number ``first`` on, once ``extend`` is called."""
        self._tokens = tokens
        self._size = size
        self._first = first
        self._latest: dict[tuple[int, ...], int] = {}
        self._earlier: list[int] = []  # for each place, from first + size on: the place before it with the same n-gram

    def extend(self, end: int) -> None:
        """Add the places up to ``end``, inclusive."""
        tokens, latest, size = self._tokens, self._latest, self._size
        for place in range(self._first + size + len(self._earlier), end + 1):
            ngram = tuple(tokens[place - size : place])
            self._earlier.append(latest.get(ngram, -1))
            latest[ngram] = place

    def find(self, tokens: list[int], near: int) -> tuple[int, int]:
        """The place that best fits after ``tokens``, and the number of tokens before it that are equal; or (-1, 0).

        The longest match is best. Of equal ones it is the first after ``near``, where a copy was left, or else the
        latest.
        """
        best, most, distance = -1, 0, 0
        for place in self._candidates(tuple(tokens[-self._size :])):
            length = self._match_length(tokens, place)
            skipped = place - near if place >= near >= 0 else len(self._tokens)
            if length > most or (length == most and skipped < distance):
                best, most, distance = place, length, skipped
        return best, most

    def _candidates(self, ngram: tuple[int, ...]) -> Iterator[int]:
        place = self._latest.get(ngram, -1)
        for _ in range(_MOST_CANDIDATES):
            if place < 0:
                return
            yield place
            place = self._earlier[place - self._size - self._first]

    def _match_length(self, tokens: list[int], place: int) -> int:
        """The number of equal tokens before ``place`` and at the end of ``tokens``, at most ``MOST_MATCHED``."""
        most = min(MOST_MATCHED, place, len(tokens))
        for length in range(self._size, most):
            if self._tokens[place - 1 - length] != tokens[-1 - length]:
                return length
        return most
