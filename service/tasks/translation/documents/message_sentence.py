"""A sentence with a message in it: it becomes one unit for each leaf of the message.

Words around a message depend on the branch: "Il vous reste # vote", "Il vous reste # votes". So ICU's guide wants whole
sentences in the branches, and no sentence around a message.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from html import unescape

from service.tasks.translation.documents.formats.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.formats.message_leaves import LONGEST
from service.tasks.translation.documents.formats.message_syntax import find_messages
from service.tasks.translation.documents.marks.branch_text import SYNTAX, may_quote
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.paragraph import Paragraph
from service.tasks.translation.documents.parts import MessageBegin, MessageEnd, Part

_ID = re.compile(r"[\s:]id\s*=", re.IGNORECASE)


def message_parts(
    before: Sequence[Fragment], message: Fragment, after: Sequence[Fragment], begin: int, terms: ProtectedTerms
) -> list[tuple[Part, int, int]]:
    """The parts, with start and end, of a sentence that begins at ``begin`` in the text.

    Returns none if the words around the message cannot go into its branches: if they hold syntax of messages, or tags
    that would not be a pair, or would be two with one id.
    """
    assert message.message is not None
    source = _source([*before, message, *after])
    outside = _source(before), _source(after)
    if len(source) - len(message.source) > LONGEST or any(map(_has_syntax, outside)):
        return []
    if not _may_repeat([*before, *after]):
        return []
    units: list[Unit] = []
    syntax: list[str] = []
    rest = ""  # what stands behind the last sentence, up to the next one
    for opening, leaf in zip(message.message.syntax, message.message.leaves, strict=False):
        fragments = [*before, *leaf, *after]
        text = _source(fragments)
        match list(Paragraph(text, fragments, 0, terms).parts(_whole)):
            case []:  # no words
                rest += opening + text
            case [(Unit() as unit, start, end)] if _is_branch(unit):
                units.append(replace(unit, start=begin, end=begin + len(source), in_branch=True))
                syntax.append(rest + opening + text[:start])
                rest = text[end:]
            case _:
                return []
    if not units:
        return []
    syntax.append(rest + message.message.syntax[-1])
    last = MessageEnd(source, tuple(unit.source for unit in units), tuple(syntax))
    inside: list[Part] = [MessageBegin(), *units]
    return [*((part, begin, begin) for part in inside), (last, begin, begin + len(source))]


def _source(fragments: Sequence[Fragment]) -> str:
    return "".join(fragment.source for fragment in fragments)


def _whole(text: str) -> list[tuple[int, int]]:
    return [(0, len(text))]


def _has_syntax(text: str) -> bool:
    """Whether a text has what means something in a branch: a ``#``, quoted syntax, or another message.

    Tags may have cut that message.
    """
    return "#" in text or may_quote(text) or may_quote(unescape(text)) or any(find_messages(text, 0, len(text)))


def _may_repeat(fragments: Sequence[Fragment]) -> bool:
    """Whether tags may stand in each branch of a message."""
    pairs = {
        kind: [fragment.pair for fragment in fragments if fragment.kind is kind]
        for kind in (FragmentKind.OPEN, FragmentKind.CLOSE)
    }
    tags = [fragment for fragment in fragments if fragment.kind is not FragmentKind.TEXT]
    is_whole = sorted(pairs[FragmentKind.OPEN]) == sorted(pairs[FragmentKind.CLOSE])
    return is_whole and not any(tag.values or _ID.search(tag.source) for tag in tags)


def _is_branch(unit: Unit) -> bool:
    """Whether a unit may stand in a branch, with all its marks."""
    replaced = "".join(mark.replacement for mark in unit.marks if mark.replacement != mark.source)
    return (
        not any(char in "{}" for char in unit.text)
        and not any(char in SYNTAX + "'" for char in replaced)
        and not may_quote(unit.source)
    )
