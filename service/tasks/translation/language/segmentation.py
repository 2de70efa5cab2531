"""Segmentation: finds where the sentences of a text begin and end."""

import re
from collections.abc import Iterator
from typing import Literal, TypedDict

from sentencex import get_sentence_boundaries

# Where a text may be cut in addition to the cuts of its layout and its markup: between sentences, or nowhere.
Splitting = Literal["sentences", "none"]

LONGEST = 1000  # characters of a segment; a longer one is cut between clauses, or else between words
_LONG_QUOTATION = 300  # characters; the library keeps quotations together, and the longer ones are cut into sentences
_WINDOW = 2 * LONGEST

_LINE = re.compile(r"[^\r\n\v\f\x1c-\x1e\x85\u2028\u2029]+")
# A word of one or two letters with a period, such as "Mr." or "M.". Most are abbreviations that the library does not
# list for the language; keeping any other one together with the next sentence does no harm.
_ABBREVIATION = re.compile(r"\W*\w{1,2}\.\s*")
_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’»)]*\s+(?=[\"'“‘«(]*[^\W\d_a-z])|[。！？]+[”’」』）]*")
_CLAUSE_END = re.compile(r"[,;:，；：、](?=\s)\s*|[，；：、]")
_SPACE = re.compile(r"\s+")


class _Boundary(TypedDict):
    """The part of the library's answer that is used here."""

    end_index: int


def split(text: str, *, language: str, splitting: Splitting = "sentences") -> list[tuple[int, int]]:
    """Start and end of each segment. Between the segments, and around them, there is only white space.

    ``language`` is a code without script and region.
    """
    if splitting == "none":
        spans = [(0, len(text))]
    else:
        lines = [match.span() for match in _LINE.finditer(text)]
        spans = [span for line in lines for span in _sentences(text, *line, language)]
    trimmed = (_trim(text, *span) for span in spans)
    return [part for span in trimmed if span is not None for part in _cut(text, *span)]


def _sentences(text: str, start: int, end: int, language: str) -> Iterator[tuple[int, int]]:
    """The sentences of a line."""
    begin = start
    for position in _sentence_ends(text, start, end, language):
        if position < end and _ABBREVIATION.fullmatch(text, begin, position):
            continue
        yield begin, position
        begin = position


def _sentence_ends(text: str, start: int, end: int, language: str) -> Iterator[int]:
    """The ends of the sentences of a line, as the library finds them.

    The library takes time quadratic in the number of sentences, so it gets one window of a long line at a time. A
    window may cut its last sentence, so that sentence is read again at the start of the next window.
    """
    while start < end:
        window = text[start : min(end, start + _WINDOW)]
        boundaries: list[_Boundary] = get_sentence_boundaries(language, window)
        ends = [boundary["end_index"] for boundary in boundaries]
        if start + len(window) < end:
            ends.pop()
        yield from (start + position for position in ends)
        start += ends[-1] if ends else len(window)


def _trim(text: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without white space at its edges; None if there is nothing else."""
    span = text[start:end]
    core = span.strip()
    if not core:
        return None
    start += len(span) - len(span.lstrip())
    return start, start + len(core)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a sentence into segments of at most ``LONGEST`` characters, if there is a place to cut."""
    while end - start > _LONG_QUOTATION:
        place = _last_match_end(_SENTENCE_END, text, start, start + _LONG_QUOTATION)
        if place is None and end - start > LONGEST:
            place = _last_match_end(_CLAUSE_END, text, start + LONGEST // 2, start + LONGEST)
            place = place or _last_match_end(_SPACE, text, start + 1, start + LONGEST)
        if place is None:
            break
        span = _trim(text, start, place)
        if span is not None:
            yield span
        start = place
    if (span := _trim(text, start, end)) is not None:
        yield span


def _last_match_end(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    last = None
    for match in pattern.finditer(text, start, end):
        last = match.end()
    return last
