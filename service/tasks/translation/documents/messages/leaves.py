"""The leaves of a message in ICU's format: the texts that it may stand for, and the syntax around them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TypeVar

from service.tasks.translation.documents.marks.branch_text import NumberSign
from service.tasks.translation.documents.messages.syntax import FoundMessage, PatternText

LONGEST = 1000  # characters of a leaf
MOST_LEAVES = 24
_SENTENCE_ENDS = ".!?。！？…"
# A place of syntax in pieces, since there may be text of an outer branch between them.
_Places = tuple[tuple[int, int], ...]
_S = TypeVar("_S", str, _Places)


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
    """The leaf of an innermost ``branch``, where a ``#`` has the meaning ``sign``, with text of other branches."""

    parts: tuple[LeafText, ...]
    branch: PatternText
    sign: NumberSign


@dataclass(frozen=True, slots=True)
class MessageLeaves:
    """The leaves of a message, and the places of the syntax around them: one more than there are leaves."""

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
    found = _of_message(message, around)
    if found is None or any(sum(part.end - part.begin for part in leaf.parts) > LONGEST for leaf in found.leaves):
        return None
    return found if all(len(_leaf_text(text, leaf).splitlines()) <= 1 for leaf in found.leaves) else None


def sign_in(message: FoundMessage, around: NumberSign) -> NumberSign:
    """What a ``#`` means in the branches of a message in a text where it means ``around``."""
    if message.is_plural:
        return NumberSign.NUMBER
    return NumberSign.TEXT if around is NumberSign.TEXT else NumberSign.UNCLEAR


def nested(syntaxes: Sequence[Sequence[_S]]) -> list[_S]:
    """The syntax around the leaves of messages, where each message stands in each leaf of the one before it."""
    found = list(syntaxes[0])
    for syntax in syntaxes[1:]:
        around, found = found, found[:1]
        for following in around[1:]:
            found[-1] += syntax[0]
            found += syntax[1:]
            found[-1] += following
    return found


def _of_message(message: FoundMessage, around: NumberSign) -> MessageLeaves | None:
    """The leaves of a message. None if they are too many."""
    leaves: list[FoundLeaf] = []
    syntax: list[_Places] = [()]
    sign = sign_in(message, around)
    position = message.start
    for branch in message.branches:
        found = _of_branch(branch, sign, message.number if message.is_plural else "")
        if found is None or len(leaves) + len(found.leaves) > MOST_LEAVES:
            return None
        leaves += found.leaves
        syntax[-1] += ((position, branch.begin), *found.syntax[0])
        syntax += found.syntax[1:]
        position = branch.end
    syntax[-1] += ((position, message.end),)
    return MessageLeaves(leaves, syntax)


def _of_branch(branch: PatternText, sign: NumberSign, number: str) -> MessageLeaves | None:
    """The leaves of a branch, with its text around them. Of two messages in it the second one goes into the first."""
    ends = [*(message.start for message in branch.messages), branch.end]
    begins = [branch.begin, *(message.end for message in branch.messages)]
    texts = [LeafText(begin, end, branch, sign, number) for begin, end in zip(begins, ends, strict=True)]
    inside = [_of_message(message, sign) for message in branch.messages]
    found = [each for each in inside if each is not None]
    if len(found) < len(inside) or prod(len(each.leaves) for each in found) > MOST_LEAVES:
        return None
    leaves = []
    for choice in product(*(each.leaves for each in found)):
        parts = list(texts[:1])
        for leaf, text in zip(choice, texts[1:], strict=True):
            parts += [*leaf.parts, text]
        innermost = choice[-1] if choice else FoundLeaf((), branch, sign)
        filled = tuple(part for part in parts if part.begin < part.end)
        leaves.append(FoundLeaf(filled, innermost.branch, innermost.sign))
    return MessageLeaves(leaves, nested([each.syntax for each in found]) if found else [(), ()])


def _leaf_text(text: str, leaf: FoundLeaf) -> str:
    return "".join(text[part.begin : part.end] for part in leaf.parts)
