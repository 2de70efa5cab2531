"""The leaves of a message in ICU's format: the texts that it may stand for, and the syntax around them."""

from dataclasses import dataclass, field

from service.tasks.translation.documents.marks.branch_text import NumberSign
from service.tasks.translation.documents.messages.syntax import FoundMessage, PatternText

LONGEST = 1000  # characters of a leaf
MOST_LEAVES = 24
_SENTENCE_ENDS = ".!?。！？…"


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
    """The leaf of an innermost ``branch``, where a ``#`` has the meaning ``sign``, with text of outer branches."""

    parts: tuple[LeafText, ...]
    branch: PatternText
    sign: NumberSign


@dataclass(slots=True)
class MessageLeaves:
    """The leaves of a message in ``text``, and the places of the syntax around them: one more than there are leaves.

    A place of syntax is in pieces, since there may be text of an outer branch between them.
    """

    text: str
    leaves: list[FoundLeaf] = field(default_factory=list)
    syntax: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])

    @property
    def ending(self) -> str:
        """The sign that ends a sentence in all leaves, or "" if one of them ends in a word."""
        ends = ["".join(self.text[part.begin : part.end] for part in leaf.parts).rstrip()[-1:] for leaf in self.leaves]
        return ends[0] if all(end and end in _SENTENCE_ENDS for end in ends) else ""


def read_leaves(text: str, message: FoundMessage) -> MessageLeaves | None:
    """The leaves of a message in ``text``. None if a sentence around it cannot go through each of them.

    That is so for very many or very long leaves, one of several lines, and two messages side by side in a branch.
    """
    found = MessageLeaves(text)
    return found if _add(found, message, (), (), NumberSign.TEXT) else None


def sign_in(message: FoundMessage, around: NumberSign) -> NumberSign:
    """What a ``#`` means in the branches of a message in a text where it means ``around``."""
    if message.is_plural:
        return NumberSign.NUMBER
    return NumberSign.TEXT if around is NumberSign.TEXT else NumberSign.UNCLEAR


def _add(
    found: MessageLeaves,
    message: FoundMessage,
    before: tuple[LeafText, ...],
    after: tuple[LeafText, ...],
    around: NumberSign,
) -> bool:
    """Add the leaves of a message that stands between ``before`` and ``after``. Returns False if one is wrong."""
    sign = sign_in(message, around)
    number = message.number if message.is_plural else ""
    position = message.start
    for branch in message.branches:
        found.syntax[-1].append((position, branch.begin))
        position = branch.end
        match branch.messages:
            case []:
                parts = (*before, LeafText(branch.begin, branch.end, branch, sign, number), *after)
                is_right = _add_leaf(
                    found, FoundLeaf(tuple(part for part in parts if part.begin < part.end), branch, sign)
                )
            case [inner]:
                first = LeafText(branch.begin, inner.start, branch, sign, number)
                last = LeafText(inner.end, branch.end, branch, sign, number)
                is_right = _add(found, inner, (*before, first), (last, *after), sign)
            case _:
                is_right = False
        if not is_right:
            return False
    found.syntax[-1].append((position, message.end))
    return True


def _add_leaf(found: MessageLeaves, leaf: FoundLeaf) -> bool:
    text = "".join(found.text[part.begin : part.end] for part in leaf.parts)
    if len(found.leaves) == MOST_LEAVES or len(text) > LONGEST or len(text.splitlines()) > 1:
        return False
    found.leaves.append(leaf)
    found.syntax.append([])
    return True
