"""Messages in ICU's format as fragments. Their branches are text.

A message is one fragment, so that the sentence around it can become whole in each branch. Where no sentence can, and
in a text with quoted syntax, which is not understood, the syntax is a break instead, and each branch is text by itself.
A branch that is a number with an ending (`#st`) has no words by itself, and is kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from service.tasks.translation.documents.formats.fragment import KEPT_WORD, Fragment, FragmentKind, Message
from service.tasks.translation.documents.formats.fragment_run import FragmentRun
from service.tasks.translation.documents.formats.message_leaves import read_leaves
from service.tasks.translation.documents.formats.message_syntax import FoundMessage, Part, find_messages, number_parts
from service.tasks.translation.documents.marks.branch_text import quotes

_MESSAGE_WORD = "Xxxx"  # shown in place of a message: a word that is too long for an abbreviation


def split_messages(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, with one of its own for each message. A message with tags in its branches is left whole."""
    runs = [(is_text, list(run)) for is_text, run in groupby(fragments, lambda each: each.kind is FragmentKind.TEXT)]
    is_quoted = any(is_text and quotes("".join(each.shown for each in run)) for is_text, run in runs)
    for is_text, run in runs:
        if is_text and any("{" in fragment.source for fragment in run):
            yield from read_messages(run, is_quoted=is_quoted)
        else:
            yield from run


def read_messages(text: Sequence[Fragment], *, is_quoted: bool) -> Iterator[Fragment]:
    """Cut text: a KEPT fragment for each message or, if no sentence can go through its branches, its parts.

    ``is_quoted``: the whole text has quoted syntax.
    """
    run = FragmentRun(text)
    plain, position = run.plain, 0
    for found in find_messages(plain, 0, len(plain)):
        yield from run.cut(position, found.start)
        position = found.end
        parts = tuple(_fragments(run, _parts(plain, found), in_branch=not is_quoted))
        if is_quoted or (leaves := read_leaves(plain, found)) is None:
            yield from parts
            continue
        message = Message(
            parts,
            tuple(tuple(_fragments(run, leaf, in_branch=True)) for leaf in leaves.leaves),
            tuple("".join(_source(run, *place) for place in places) for places in leaves.syntax),
            leaves.ending,
        )
        source = _source(run, found.start, found.end)
        shown = _MESSAGE_WORD + message.ending
        yield replace(text[0], kind=FragmentKind.KEPT, source=source, shown=shown, message=message)
    yield from run.cut(position, len(plain))


def _source(run: FragmentRun, begin: int, end: int) -> str:
    return "".join(fragment.source for fragment in run.cut(begin, end))


def _fragments(run: FragmentRun, parts: Iterable[Part], *, in_branch: bool) -> Iterator[Fragment]:
    for begin, end, kind in parts:
        if kind is FragmentKind.TEXT:
            yield from (replace(fragment, in_branch=in_branch) for fragment in run.cut(begin, end))
        else:
            shown = KEPT_WORD if kind is FragmentKind.KEPT else ""
            yield replace(run.fragments[0], kind=kind, source=_source(run, begin, end), shown=shown)


def _parts(text: str, message: FoundMessage, *, level: int = 0, numbered: bool = False) -> Iterator[Part]:
    """The parts of a message: TEXT, BREAK for its syntax, and KEPT for ``#`` in a plural form."""
    numbered |= message.is_numbered
    position = message.start
    for begin, end in message.branches:
        branch = text[begin:end]
        if numbered and "#" in branch and not any(map(str.isspace, branch.strip())):
            continue
        yield position, begin, FragmentKind.BREAK
        position = begin
        for inner in find_messages(text, begin, end, level + 1):
            yield from number_parts(text, position, inner.start, numbered=numbered)
            yield from _parts(text, inner, level=level + 1, numbered=numbered)
            position = inner.end
        yield from number_parts(text, position, end, numbered=numbered)
        position = end
    yield position, message.end, FragmentKind.BREAK
