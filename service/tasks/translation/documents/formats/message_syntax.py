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


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """The place of a message in a text. ``branches`` are start and end of the inside of each branch.

    ``is_numbered``: a ``#`` in its branches is a number.
    """

    start: int
    end: int
    is_numbered: bool
    branches: list[tuple[int, int]]


def find_messages(text: str, level: int) -> Iterator[FoundMessage]:
    """The messages of a text, in order and without overlap. The text is in a branch of ``level`` messages."""
    ends = dict(balanced_braces(text))
    position = 0
    for header in _HEADER.finditer(text) if level < _DEEPEST else ():
        start = header.start()
        if start < position or (end := ends.get(start)) is None:
            continue
        if text.count("{", start, end) > _MOST_BRACES:
            position = end
        elif branches := _branches(text, header.end(), end - 1, ends):
            yield FoundMessage(start, end, header[1] != "select", branches)
            position = end


def _branches(text: str, position: int, end: int, ends: dict[int, int]) -> list[tuple[int, int]]:
    """Start and end of the inside of each branch of a message; none if it has another syntax."""
    found = []
    while (selector := _SELECTOR.match(text, position, end)) is not None:
        if (position := ends.get(selector.end(), end + 1)) > end:
            return []
        found.append((selector.end() + 1, position - 1))
    return [] if text[position:end].strip() else found


def number_parts(text: str, *, numbered: bool) -> Iterator[tuple[str, FragmentKind]]:
    """The parts of a text without messages: KEPT for each ``#`` that is a number, and TEXT."""
    for part in re.split("(#)", text) if numbered else [text]:
        if part:
            yield part, FragmentKind.KEPT if numbered and part == "#" else FragmentKind.TEXT
