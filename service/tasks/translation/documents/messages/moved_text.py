"""Text that moves into a branch of a message, where its ``#`` means something else."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.marks.branch_text import NumberSign, quote
from service.tasks.translation.documents.marks.placeables import balanced_braces, find_placeables

_WORD = re.compile(r"[\w'#]*+")
_BEFORE = re.compile(r"[\w']*\Z")


def moved(fragments: Iterable[Fragment], sign: NumberSign) -> list[Fragment] | None:
    """The fragments where a ``#`` means ``sign``, and the same as before. None if that cannot be written."""
    found: list[Fragment] = []
    for fragment in fragments:
        is_text = fragment.kind is FragmentKind.TEXT
        if fragment.number is not None:
            if not fragment.number:
                return None
            found.append(replace(fragment, source=fragment.number))
        elif "#" not in (fragment.literal or fragment.source) or fragment.literal.startswith(("{", "}")):
            found.append(fragment)
        elif sign is NumberSign.UNCLEAR:
            return None
        elif fragment.literal:
            found.append(replace(fragment, source=quote(fragment.literal, sign.syntax)))
        elif sign is NumberSign.TEXT:
            found.append(fragment)
        elif is_text and fragment.source == fragment.shown:
            found += _quoted_words(fragment, sign)
        else:
            return None
    return found


def plain_signs(text: str) -> Iterator[int]:
    """The places of each ``#`` in a text without messages. In braces it is none."""
    end = 0
    for begin, stop in [*balanced_braces(text), (len(text), len(text))]:
        if begin >= end:
            yield from (match.start() for match in re.compile("#").finditer(text, end, begin))
            end = stop


def _quoted_words(fragment: Fragment, sign: NumberSign) -> Iterator[Fragment]:
    """Text with a fragment of its own for each word or placeable with a ``#``, which is quoted."""
    text = fragment.source
    ends = {begin: end for begin, end in find_placeables(text) if "#" in text[begin:end] and "{" not in text[begin:end]}
    begins = sorted(ends)
    position = index = 0
    for place in plain_signs(text):
        if place < position:
            continue
        while index < len(begins) and ends[begins[index]] <= place:
            index += 1
        begin, end = place, place + 1
        if index < len(begins) and begins[index] <= place:
            begin, end = max(begins[index], position), ends[begins[index]]
        before, after = _BEFORE.search(text, position, begin), _WORD.match(text, end)
        begin = before.start() if before is not None else begin
        end = after.end() if after is not None else end
        if position < begin:
            yield replace(fragment, source=text[position:begin], shown=text[position:begin])
        word = text[begin:end].replace("''", "'")
        quoted = quote(word, sign.syntax)
        yield replace(fragment, kind=FragmentKind.KEPT, source=quoted, shown=KEPT_WORD, literal=word)
        position = end
    if position < len(text):
        yield replace(fragment, source=text[position:], shown=text[position:])
