"""The leaves of a message in ICU's format: the texts that it may stand for, and the syntax around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.tasks.translation.documents.marks.branch_text import NumberSign
from service.tasks.translation.documents.messages.nesting import MOST_LEAVES, nested
from service.tasks.translation.documents.messages.syntax import FoundMessage, PatternText

LONGEST = 1000  # characters of a leaf
_SENTENCE_ENDS = ".!?。！？…"
# A place of syntax in pieces, since there may be text of an outer branch between them.
_Places = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class LeafText:
    """A part of a ``branch`` without messages. In it a ``#`` means ``sign``; ``number`` is as in FoundMessage."""

    begin: int
    end: int
    branch: PatternText
    sign: NumberSign
    number: str


@dataclass(frozen=True, slots=True)
class FoundLeaf:
    """The leaf of an innermost ``branch``, where a ``#`` has the meaning ``sign``, with text of other branches.

    ``choices`` are the branches that are chosen of simple messages, by their keys.
    """

    parts: tuple[LeafText, ...]
    branch: PatternText
    sign: NumberSign
    choices: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageLeaves:
    """The leaves of a message, and the places of the syntax around them: one more than there are leaves.

    ``key`` is the syntax of a simple message, which has none in its branches; "" for all others.
    """

    key: str
    leaves: Sequence[FoundLeaf]
    syntax: Sequence[_Places]

    def ending(self, text: str) -> str:
        """The sign that ends a sentence in all leaves in ``text``, or "" if one of them ends in a word."""
        ends = [_leaf_text(text, leaf).rstrip()[-1:] for leaf in self.leaves]
        return ends[0] if all(end and end in _SENTENCE_ENDS for end in ends) else ""


def read_leaves(text: str, message: FoundMessage, around: NumberSign) -> MessageLeaves | None:
    """The leaves of a message in a text where a ``#`` means ``around``.

    None if a sentence around the message cannot go through each of them: they are very many or very long, or one has
    several lines.
    """
    found = _of_message(text, message, around)
    if found is None or any(sum(part.end - part.begin for part in leaf.parts) > LONGEST for leaf in found.leaves):
        return None
    return found if all(len(_leaf_text(text, leaf).splitlines()) <= 1 for leaf in found.leaves) else None


def sign_in(message: FoundMessage, around: NumberSign) -> NumberSign:
    """What a ``#`` means in the branches of a message in a text where it means ``around``."""
    if message.is_plural:
        return NumberSign.NUMBER
    return NumberSign.TEXT if around is NumberSign.TEXT else NumberSign.UNCLEAR


def _of_message(text: str, message: FoundMessage, around: NumberSign) -> MessageLeaves | None:
    """The leaves of a message. None if they are too many."""
    leaves: list[FoundLeaf] = []
    syntax: list[_Places] = [()]
    sign = sign_in(message, around)
    is_simple = not any(branch.messages for branch in message.branches)
    position = message.start
    places = []
    for branch in message.branches:
        places.append((position, branch.begin))
        position = branch.end
    places.append((position, message.end))
    key = "".join("".join(text[begin:end] for begin, end in places).split()) if is_simple else ""
    for number, (branch, place) in enumerate(zip(message.branches, places, strict=False)):
        found = _of_branch(text, branch, sign, message.number if message.is_plural else "")
        if found is None or len(leaves) + len(found.leaves) > MOST_LEAVES:
            return None
        leaves += [replace(leaf, choices={key: number}) for leaf in found.leaves] if is_simple else found.leaves
        syntax[-1] += (place, *found.syntax[0])
        syntax += found.syntax[1:]
    syntax[-1] += (places[-1],)
    return MessageLeaves(key, leaves, syntax)


def _of_branch(text: str, branch: PatternText, sign: NumberSign, number: str) -> MessageLeaves | None:
    """The leaves of a branch, with its text around them."""
    ends = [*(message.start for message in branch.messages), branch.end]
    begins = [branch.begin, *(message.end for message in branch.messages)]
    texts = [LeafText(begin, end, branch, sign, number) for begin, end in zip(begins, ends, strict=True)]
    if not branch.messages:
        return MessageLeaves("", [FoundLeaf(tuple(texts), branch, sign)], [(), ()])
    inside = [_of_message(text, message, sign) for message in branch.messages]
    found = nested([each for each in inside if each is not None])
    if None in inside or found is None:
        return None
    choices, syntax = found
    leaves = []
    for choice in choices:
        parts = list(texts[:1])
        for leaf, following in zip(choice.leaves, texts[1:], strict=True):
            parts += [*leaf.parts, following]
        innermost = choice.leaves[choice.innermost]
        leaves.append(FoundLeaf(tuple(parts), innermost.branch, innermost.sign, choice.branches))
    return MessageLeaves("", leaves, syntax)


def _leaf_text(text: str, leaf: FoundLeaf) -> str:
    return "".join(text[part.begin : part.end] for part in leaf.parts)
