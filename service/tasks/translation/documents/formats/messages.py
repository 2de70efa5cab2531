"""Messages in ICU's format: `{count, plural, one {a vote} other {# votes}}`. Their branches are text.

A branch that is a number with an ending (`#st`) has no words, and is kept.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.tasks.translation.documents.formats.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.marks.placeables import balanced_braces

_HEADER = re.compile(r"\{\s*+[\w.-]++\s*+,\s*+(plural|selectordinal|select)\s*+,\s*+(?:offset:[0-9]++\s*+)?+")
_SELECTOR = re.compile(r"\s*+(?:=[0-9]++|[\w-]++)\s*+(?=\{)")
_DEEPEST = 4  # levels of messages in branches
_MOST_BRACES = 400  # of a message


def split_messages(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, in which the syntax of messages is a break. A message with tags in its branches is left whole."""
    for fragment in fragments:
        if fragment.kind is FragmentKind.TEXT and fragment.shown == fragment.source and "{" in fragment.source:
            for text, kind in message_parts(fragment.source):
                shown = {FragmentKind.TEXT: text, FragmentKind.KEPT: KEPT_WORD}.get(kind, "")
                yield replace(fragment, kind=kind, source=text, shown=shown)
        else:
            yield fragment


def message_parts(text: str, *, numbered: bool = False, level: int = 0) -> Iterator[tuple[str, FragmentKind]]:
    """The parts of a text that may hold messages: TEXT, BREAK for their syntax, and KEPT for ``#`` in a plural form."""
    ends = dict(balanced_braces(text))
    position = skipped = 0
    for header in _HEADER.finditer(text) if level < _DEEPEST else ():
        start = header.start()
        if start < max(position, skipped) or (end := ends.get(start)) is None:
            continue
        if text.count("{", start, end) > _MOST_BRACES:
            skipped = end
            continue
        branches = _branches(text, header.end(), end - 1, ends)
        if not branches:
            continue
        yield from _plain(text[position:start], numbered)
        position = start
        for begin, stop in branches:
            branch, is_numbered = text[begin:stop], header[1] != "select" or numbered
            if is_numbered and "#" in branch and not any(map(str.isspace, branch.strip())):
                continue
            yield text[position:begin], FragmentKind.BREAK
            yield from message_parts(branch, numbered=is_numbered, level=level + 1)
            position = stop
        yield text[position:end], FragmentKind.BREAK
        position = end
    yield from _plain(text[position:], numbered)


def _branches(text: str, position: int, end: int, ends: dict[int, int]) -> list[tuple[int, int]]:
    """Start and end of the inside of each branch of a message; none if it has another syntax."""
    found = []
    while (selector := _SELECTOR.match(text, position, end)) is not None:
        if (position := ends.get(selector.end(), end + 1)) > end:
            return []
        found.append((selector.end() + 1, position - 1))
    return [] if text[position:end].strip() else found


def _plain(text: str, numbered: bool) -> Iterator[tuple[str, FragmentKind]]:
    for part in re.split("(#)", text) if numbered else [text]:
        if part:
            yield part, FragmentKind.KEPT if numbered and part == "#" else FragmentKind.TEXT
