"""The syntax of messages in ICU's format: `{count, plural, one {a vote} other {# votes}}`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from service.tasks.translation.documents.formats.fragment import FragmentKind
from service.tasks.translation.documents.marks.placeables import balanced_braces

_HEADER = re.compile(r"\{\s*+[\w.-]++\s*+,\s*+(plural|selectordinal|select)\s*+,\s*+(?:offset:[0-9]++\s*+)?+")
_SELECTOR = re.compile(r"\s*+(?:=[0-9]++|[\w-]++)\s*+(?=\{)")
_DEEPEST = 4  # levels of messages in branches
_MOST_BRACES = 400  # of a message

# Begin, end and kind of a part of a text.
Part = tuple[int, int, FragmentKind]


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """The place of a message in a text. ``branches`` are start and end of the inside of each branch.

    ``is_numbered``: a ``#`` in its branches is a number.
    """

    start: int
    end: int
    is_numbered: bool
    branches: list[tuple[int, int]]


def find_messages(text: str, begin: int, end: int, level: int = 0) -> Iterator[FoundMessage]:
    """The messages in a part of a text, in order and without overlap. It is in a branch of ``level`` messages."""
    ends = {begin + first: begin + last for first, last in balanced_braces(text[begin:end])}
    position = begin
    for header in _HEADER.finditer(text, begin, end) if level < _DEEPEST else ():
        start = header.start()
        if start < position or (stop := ends.get(start)) is None:
            continue
        if text.count("{", start, stop) > _MOST_BRACES:
            position = stop
        elif branches := _branches(text, header.end(), stop - 1, ends):
            yield FoundMessage(start, stop, header[1] != "select", branches)
            position = stop


def number_parts(text: str, begin: int, end: int, *, numbered: bool) -> Iterator[Part]:
    """The parts of a part without messages: KEPT for each ``#`` that is a number, and TEXT."""
    for sign in re.compile("#").finditer(text, begin, end) if numbered else ():
        if begin < sign.start():
            yield begin, sign.start(), FragmentKind.TEXT
        yield *sign.span(), FragmentKind.KEPT
        begin = sign.end()
    if begin < end:
        yield begin, end, FragmentKind.TEXT


def _branches(text: str, position: int, end: int, ends: dict[int, int]) -> list[tuple[int, int]]:
    """Start and end of the inside of each branch of a message; none if it has another syntax."""
    found = []
    while (selector := _SELECTOR.match(text, position, end)) is not None:
        if (position := ends.get(selector.end(), end + 1)) > end:
            return []
        found.append((selector.end() + 1, position - 1))
    return [] if text[position:end].strip() else found
