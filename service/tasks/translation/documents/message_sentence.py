"""A sentence with messages in it: it becomes one unit for each choice of their leaves.

Words around a message depend on the branch: "Il vous reste # vote", "Il vous reste # votes". So ICU's guide wants whole
sentences in the branches, and no sentence around a message. Several messages are nested.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind, Leaf
from service.tasks.translation.documents.marks.placeables import find_placeables
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Unit
from service.tasks.translation.documents.messages.leaves import LONGEST
from service.tasks.translation.documents.messages.moved_text import moved
from service.tasks.translation.documents.messages.nesting import Choice, nested
from service.tasks.translation.documents.messages.quotes import keeps_quotes
from service.tasks.translation.documents.paragraph import Paragraph
from service.tasks.translation.documents.parts import MessageBegin, MessageEnd, Part

_JOINING = re.compile("[\\s,，、،]*+")  # may stand between two parts of one sentence
_ID = re.compile(r"[\s:]id\s*=", re.IGNORECASE)


def message_parts(fragments: Sequence[Fragment], begin: int, terms: ProtectedTerms) -> list[tuple[Part, int, int]]:
    """The parts, with start and end, of a sentence with messages that begins at ``begin`` in the text.

    Returns none if the words around a message cannot go into its branches: if they hold syntax that means something
    else there, or tags that would not be a pair, or would be two with one id. So it is if the choices are very many,
    and if there are no words but several messages that seem to be a list.
    """
    messages = [fragment.message for fragment in fragments if fragment.message is not None]
    around = [fragment for fragment in fragments if fragment.message is None]
    source = _source(fragments)
    if len(_source(around)) > LONGEST or (found := nested(messages)) is None:
        return []
    if any(other.message is not None and one.shown.endswith("'") for one, other in pairwise(fragments)):
        return []  # an entity of an apostrophe, which would quote the message
    if not _may_repeat(around) or (len(messages) > 1 and not _has_words(around) and _is_list(fragments)):
        return []
    units: list[Unit] = []
    syntax: list[str] = []
    rest = ""  # what stands behind the last sentence, up to the next one
    choices, openings = found
    for opening, choice in zip(openings, choices, strict=False):
        sentence, sign = _with_leaves(fragments, choice), choice.leaves[choice.innermost].sign
        if sentence is None or not keeps_quotes(sentence, sign):
            return []
        text = _source(sentence)
        match list(Paragraph(text, sentence, 0, terms).parts(_whole)) if sentence else []:
            case []:  # no words
                rest += opening + text
            case [(Unit() as unit, start, end)] if _is_branch(unit):
                place = begin, begin + len(source)
                units.append(replace(unit, start=place[0], end=place[1], syntax=sign.syntax))
                syntax.append(rest + opening + text[:start])
                rest = text[end:]
            case _:
                return []
    if not units:
        return []
    syntax.append(rest + openings[-1])
    last = MessageEnd(source, tuple(unit.source for unit in units), tuple(syntax))
    inside: list[Part] = [MessageBegin(), *units]
    return [*((part, begin, begin) for part in inside), (last, begin, begin + len(source))]


def _with_leaves(fragments: Sequence[Fragment], choice: Choice[Leaf]) -> list[Fragment] | None:
    """A sentence with a leaf in the place of each message. It stands in the branch of the innermost leaf.

    None if the rest of it cannot stand there.
    """
    found: list[Fragment] = []
    innermost = choice.leaves[choice.innermost]
    leaves = iter(choice.leaves)
    for fragment in fragments:
        if fragment.message is None:
            text = moved([fragment], innermost.sign)
        elif (leaf := next(leaves)) is innermost:
            text = list(leaf.fragments)
        else:
            text = moved(leaf.fragments, innermost.sign)
        if text is None:
            return None
        found += text
    if not found:
        return found
    last = found[-1]
    if last.kind is FragmentKind.TEXT and last.source == last.shown and re.search("(?<!')(?:'')*'\\Z", last.source):
        before = last.source[:-1]  # an apostrophe would quote the brace behind it, and two are one
        found[-1:] = [replace(last, source=before, shown=before), replace(last, source="''", shown="'")]
    return found


def _source(fragments: Sequence[Fragment]) -> str:
    return "".join(fragment.source for fragment in fragments)


def _whole(text: str) -> list[tuple[int, int]]:
    return [(0, len(text))]


def _has_words(fragments: Sequence[Fragment]) -> bool:
    return any(fragment.kind is FragmentKind.TEXT and any(map(str.isalpha, fragment.shown)) for fragment in fragments)


def _is_list(fragments: Sequence[Fragment]) -> bool:
    """Whether there are signs between all messages, other than a comma or a placeholder: their texts are apart."""
    places = [index for index, fragment in enumerate(fragments) if fragment.message is not None]
    return not any(_JOINING.fullmatch(_plain(fragments[begin + 1 : end])) for begin, end in pairwise(places))


def _plain(fragments: Sequence[Fragment]) -> str:
    """The text of fragments without their placeholders."""
    text = "".join(fragment.shown for fragment in fragments if fragment.kind is FragmentKind.TEXT)
    ends = [(0, 0), *find_placeables(text), (len(text), len(text))]
    return "".join(text[end:begin] for (_, end), (begin, _) in pairwise(ends))


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
    return not any(char in "{}" for char in unit.text) and not any(char in "{}#'" for char in replaced)
