"""Where sentences begin and end."""

import re
from collections.abc import Iterator
from typing import Any

from sentencex import get_sentence_boundaries

from service.tasks.translation.order import Splitting

LONGEST = 1000  # characters of a piece; what is longer is cut between clauses or, failing that, between words

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# "Mr.", "M." and the like: a short word alone is an abbreviation that the rules of its language do not know, or else
# no worse for standing with what follows.
_ABBREVIATION = re.compile(r"\W*\w{1,2}\.\s*")
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
        spans = (
            lines if splitting == "lines" else [span for line in lines for span in _sentences(text, *line, language)]
        )
    trimmed = (_trimmed(text, *span) for span in spans)
    return [part for span in trimmed if span is not None for part in _cut(text, *span)]


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    begin = start
    found: list[dict[str, Any]] = get_sentence_boundaries(language, text[start:end])
    for i, boundary in enumerate(found):
        position = start + boundary["end_index"]
        if i + 1 < len(found) and _ABBREVIATION.fullmatch(text, begin, position):
            continue
        yield begin, position
        begin = position
    if begin < end:
        yield begin, end


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    piece = text[start:end]
    body = piece.strip()
    if not body:
        return None
    start += len(piece) - len(piece.lstrip())
    return start, start + len(body)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Pieces of at most ``LONGEST`` characters, where there is a place to cut."""
    while end - start > LONGEST:
        place = _last(_CLAUSE, text, start + LONGEST // 2, start + LONGEST) or _last(
            _SPACE, text, start + 1, start + LONGEST
        )
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
