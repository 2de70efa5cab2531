"""Messages in ICU's format as fragments. Their branches are text.

A message is one fragment, so that the sentence around it can become whole in each branch. Where no sentence can, and
in a text with quoted syntax, which is not understood, the syntax is a break instead, and each branch is text by itself.
A branch that is a number with an ending (`#st`) has no words by itself, and is kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.tasks.translation.documents.formats.fragment import KEPT_WORD, Fragment, FragmentKind, Message
from service.tasks.translation.documents.formats.message_leaves import read_leaves
from service.tasks.translation.documents.formats.message_syntax import FoundMessage, find_messages, number_parts
from service.tasks.translation.documents.marks.branch_text import quotes

_MESSAGE_WORD = "Xxxx"  # shown in place of a message: a word that is too long for an abbreviation


def split_messages(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, with one of its own for each message. A message with tags in its branches is left whole."""
    found = list(fragments)
    is_quoted = any(fragment.kind is FragmentKind.TEXT and quotes(fragment.source) for fragment in found)
    for fragment in found:
        if fragment.kind is FragmentKind.TEXT and fragment.shown == fragment.source and "{" in fragment.source:
            yield from read_messages(fragment, is_quoted=is_quoted)
        else:
            yield fragment


def read_messages(fragment: Fragment, *, is_quoted: bool) -> Iterator[Fragment]:
    """Cut text: a KEPT fragment for each message or, if no sentence can go through its branches, its parts.

    ``is_quoted``: the whole text has quoted syntax.
    """
    text, position = fragment.source, 0
    branch = replace(fragment, in_branch=not is_quoted)
    for found in find_messages(text, 0):
        if position < found.start:
            yield _part(fragment, text[position : found.start], FragmentKind.TEXT)
        position = found.end
        parts = tuple(_part(branch, *part) for part in _parts(text, found, level=0))
        if is_quoted or (leaves := read_leaves(text, found)) is None:
            yield from parts
            continue
        of_leaves = tuple(tuple(_part(branch, *part) for part in leaf) for leaf in leaves.leaves)
        message = Message(parts, of_leaves, tuple(leaves.syntax), leaves.ending)
        shown = _MESSAGE_WORD + message.ending
        source = text[found.start : found.end]
        yield replace(fragment, kind=FragmentKind.KEPT, source=source, shown=shown, message=message)
    if position < len(text):
        yield _part(fragment, text[position:], FragmentKind.TEXT)


def _part(fragment: Fragment, text: str, kind: FragmentKind) -> Fragment:
    shown = {FragmentKind.TEXT: text, FragmentKind.KEPT: KEPT_WORD}.get(kind, "")
    return replace(fragment, kind=kind, source=text, shown=shown)


def _parts(
    text: str, message: FoundMessage, *, level: int, numbered: bool = False
) -> Iterator[tuple[str, FragmentKind]]:
    """The parts of a message: TEXT, BREAK for its syntax, and KEPT for ``#`` in a plural form."""
    numbered |= message.is_numbered
    position = message.start
    for begin, stop in message.branches:
        branch = text[begin:stop]
        if numbered and "#" in branch and not any(map(str.isspace, branch.strip())):
            continue
        yield text[position:begin], FragmentKind.BREAK
        yield from _branch_parts(branch, level=level + 1, numbered=numbered)
        position = stop
    yield text[position : message.end], FragmentKind.BREAK


def _branch_parts(text: str, *, level: int, numbered: bool) -> Iterator[tuple[str, FragmentKind]]:
    position = 0
    for message in find_messages(text, level):
        yield from number_parts(text[position : message.start], numbered=numbered)
        yield from _parts(text, message, level=level, numbered=numbered)
        position = message.end
    yield from number_parts(text[position:], numbered=numbered)
