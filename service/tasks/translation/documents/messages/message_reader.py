"""Messages in ICU's format as fragments. Their branches are text.

A message is one fragment, so that the sentence around it can become whole in each branch. Where no sentence can, the
syntax is a break instead, and each branch is text by itself. What is quoted is kept. An apostrophe that quotes the rest
of its paragraph is a break, so that what is quoted stays behind it, and what is not before it. A branch that is a
number with an ending (`#st`) has no words by itself, and is kept.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, groupby
from typing import Any

from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, Fragment, FragmentKind, Leaf, Message
from service.tasks.translation.documents.fragments.fragment_run import FragmentRun
from service.tasks.translation.documents.marks.branch_text import IN_OPEN_QUOTE, NumberSign
from service.tasks.translation.documents.marks.placeables import find_placeables
from service.tasks.translation.documents.messages.leaves import read_leaves, sign_in
from service.tasks.translation.documents.messages.moved_text import moved, plain_signs
from service.tasks.translation.documents.messages.syntax import FoundMessage, Pattern, PatternText, read_pattern

_MESSAGE_WORD = "Xxxx"  # shown in place of a message: a word that is too long for an abbreviation


def split_messages(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, with one of its own for each message.

    A message with tags in its branches is no fragment: its syntax and its branches are. A paragraph that was read
    before stays as it is.
    """
    for is_break, run in groupby(fragments, lambda each: each.kind is FragmentKind.BREAK):
        paragraph = list(run)
        may_have_messages = any(each.kind is FragmentKind.TEXT and "{" in each.source for each in paragraph)
        if is_break or not may_have_messages or any(each.syntax for each in paragraph):
            yield from paragraph
        else:
            text = FragmentRun(paragraph)
            pattern = read_pattern(text.plain)
            yield from _MessageReader(text, pattern).read() if _is_pattern(text.plain, pattern) else paragraph


def _is_pattern(text: str, pattern: Pattern) -> bool:
    """Whether there are messages in a text. One may be quoted, and must stay so."""
    quoted = (read_pattern(text[begin + 1 : end - 1]).text for begin, end in pattern.text.quoted)
    return any(each.messages or each.has_numbers for each in chain([pattern.text], quoted))


class _MessageReader:
    """Cuts a paragraph, in which a ``pattern`` was found."""

    def __init__(self, run: FragmentRun, pattern: Pattern) -> None:
        self._run = run
        self._plain = run.plain
        self._whole = pattern.text
        self._end = len(run.plain) if pattern.open_quote is None else pattern.open_quote  # of what is not quoted
        self._place = next(each.place for each in run.fragments if each.kind is FragmentKind.TEXT)

    def read(self) -> Iterator[Fragment]:
        return self._with_messages(self._whole, NumberSign.TEXT, "")

    def _with_messages(self, text: PatternText, sign: NumberSign, number: str) -> Iterator[Fragment]:
        """The fragments of a whole text, with one for each message that may stand in a sentence."""
        position = text.begin
        for found in text.messages:
            yield from self._text(text, position, found.start, sign, number)
            position = found.end
            parts = tuple(self._parts(found, sign))
            message = self._message(found, parts, sign) if found.end <= self._end else None
            if message is None:
                yield from parts
            else:
                shown = _MESSAGE_WORD + message.ending
                yield self._markup(FragmentKind.KEPT, found.start, found.end, shown=shown, message=message)
        yield from self._text(text, position, text.end, sign, number)

    def _message(self, found: FoundMessage, parts: tuple[Fragment, ...], around: NumberSign) -> Message | None:
        """A message that may stand in a sentence; None if it cannot."""
        if any(each.kind is not FragmentKind.TEXT for each in self._run.cut(found.start, found.end)):
            return None
        if (leaves := read_leaves(self._plain, found, around)) is None:
            return None
        read = []
        for leaf in leaves.leaves:
            fragments: list[Fragment] = []
            for part in leaf.parts:
                text = list(self._text(part.branch, part.begin, part.end, part.sign, part.number))
                fitting = text if part.branch is leaf.branch else moved(text, leaf.sign)
                if fitting is None or any(fragment.kind is FragmentKind.BREAK for fragment in fitting):
                    return None
                fragments += fitting
            read.append(Leaf(tuple(fragments), leaf.sign, leaf.choices))
        syntax = tuple("".join(self._source(*place) for place in places) for places in leaves.syntax)
        return Message(leaves.key, parts, tuple(read), syntax, leaves.ending(self._plain))

    def _parts(self, found: FoundMessage, around: NumberSign) -> Iterator[Fragment]:
        """The parts of a message: text, and breaks for its syntax."""
        sign = sign_in(found, around)
        position = found.start
        for branch in found.branches:
            text = self._plain[branch.begin : branch.end]
            if sign is not NumberSign.TEXT and "#" in text and not any(map(str.isspace, text.strip())):
                continue
            yield self._markup(FragmentKind.BREAK, position, branch.begin)
            yield from self._with_messages(branch, sign, found.number if found.is_plural else "")
            position = branch.end
        yield self._markup(FragmentKind.BREAK, position, found.end)

    def _text(self, text: PatternText, begin: int, end: int, sign: NumberSign, number: str) -> Iterator[Fragment]:
        """The fragments of a part of a text that has no messages: KEPT for what is quoted or a number, and TEXT."""
        places = slice(bisect_left(text.quoted, (begin,)), bisect_left(text.quoted, (end,)))
        for first, last in text.quoted[places]:
            yield from self._with_numbers(begin, first, sign, number)
            quoted = self._plain[first:last]
            is_read = len(quoted.splitlines()) == 1 and quoted == self._source(first, last)
            kind = FragmentKind.KEPT if is_read else FragmentKind.BREAK
            yield self._markup(kind, first, last, literal=quoted[1:-1].replace("''", "'"))
            begin = last
        if begin <= self._end < end:
            first, last = self._opening(begin, end)
            yield from self._with_numbers(begin, first, sign, number)
            yield self._markup(FragmentKind.BREAK, first, last)
            begin = last
        yield from self._with_numbers(begin, end, sign, number)

    def _opening(self, begin: int, end: int) -> tuple[int, int]:
        """The place of the open quote's apostrophe, with the word before it and the syntax or placeholder behind it."""
        first = last = self._end + 1
        while first > begin and (self._plain[first - 1].isalnum() or self._plain[first - 1] == "'"):
            first -= 1
        if last < end:
            last = next((last + stop for start, stop in find_placeables(self._plain[last:end]) if start == 0), last + 1)
        return first, last

    def _with_numbers(self, begin: int, end: int, sign: NumberSign, number: str) -> Iterator[Fragment]:
        text = self._plain[begin:end]
        position = begin
        for place in plain_signs(text) if sign is not NumberSign.TEXT else ():
            yield from self._plain_text(position, begin + place, sign)
            position = begin + place + 1
            yield self._markup(FragmentKind.KEPT, position - 1, position, number=number)
        yield from self._plain_text(position, end, sign)

    def _plain_text(self, begin: int, end: int, sign: NumberSign) -> Iterator[Fragment]:
        for fragment in self._run.cut(begin, end) if begin < end else ():
            is_text = fragment.kind is FragmentKind.TEXT
            yield replace(fragment, syntax=sign.syntax + IN_OPEN_QUOTE * (begin > self._end)) if is_text else fragment

    def _markup(self, kind: FragmentKind, begin: int, end: int, **fields: Any) -> Fragment:
        fields.setdefault("shown", KEPT_WORD if kind is FragmentKind.KEPT else "")
        return Fragment(kind, self._source(begin, end), place=self._place, **fields)

    def _source(self, begin: int, end: int) -> str:
        return "".join(fragment.source for fragment in self._run.cut(begin, end))
