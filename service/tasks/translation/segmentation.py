"""Where sentences begin and end."""

import re
from collections.abc import Iterator
from typing import Any

from sentencex import get_sentence_boundaries

from service.tasks.translation.order import Splitting

LONGEST = 1000  # characters of a piece; what is longer is cut between clauses or, failing that, between words
_QUOTATION = 300  # characters from which on the sentences of a quotation, which the library keeps together, are cut

_WINDOW = 2 * LONGEST

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# "Mr.", "M." and the like: a short word alone is an abbreviation that the rules of its language do not know, or else
# no worse for standing with what follows.
_ABBREVIATION = re.compile(r"\W*\w{1,2}\.\s*")
_STOP = re.compile(r"[.!?…]+[\"'”’»)]*\s+(?=[\"'“‘«(]*[^\W\d_a-z])|[。！？]+[”’」』）]*")
_CLAUSE = re.compile(r"[,;:，；：、](?=\s)\s*|[，；：、]")
_SPACE = re.compile(r"\s+")


def split(text: str, *, language: str, splitting: Splitting = "sentences") -> list[tuple[int, int]]:
    """The spans of what is to be translated by itself; between them, and around them, is white space only.

    ``language`` is a code without script and region.
    """
    if splitting == "none":
        spans = [(0, len(text))]
    else:
        lines = [match.span() for match in _LINE.finditer(text)]
        spans = [span for line in lines for span in _sentences(text, *line, language)]
    trimmed = (_trimmed(text, *span) for span in spans)
    return [part for span in trimmed if span is not None for part in _cut(text, *span)]


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """The sentences of a line."""
    begin = start
    for position in _boundaries(text, start, end, language):
        if position < end and _ABBREVIATION.fullmatch(text, begin, position):
            continue
        yield begin, position
        begin = position


def _boundaries(text: str, start: int, end: int, language: str) -> Iterator[int]:
    """Where the sentences of a line end.

    The library's time grows with the square of the sentences that it gets, so it gets a window of a long line, and what
    it takes for the last sentence there it gets again.
    """
    while start < end:
        window = text[start : min(end, start + _WINDOW)]
        found: list[dict[str, Any]] = get_sentence_boundaries(language, window)
        ends = [boundary["end_index"] for boundary in found]
        if start + len(window) < end:
            ends.pop()
        yield from (start + position for position in ends)
        start += ends[-1] if ends else len(window)


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    body = piece.strip()
    if not body:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(body)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most ``LONGEST`` characters, where there is a place to cut."""
    while end - start > _QUOTATION:
        place = _last(_STOP, text, start, start + _QUOTATION)
        if place is None and end - start > LONGEST:
            place = _last(_CLAUSE, text, start + LONGEST // 2, start + LONGEST)
            place = place or _last(_SPACE, text, start + 1, start + LONGEST)
        if place is None:
            break
        span = _trimmed(text, start, place)
        if span is not None:
            yield span
        start = place
    if (span := _trimmed(text, start, end)) is not None:
        yield span


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    place = None
    for match in pattern.finditer(text, start, end):
        place = match.end()
    return place
