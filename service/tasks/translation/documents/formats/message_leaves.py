"""The leaves of a message in ICU's format: the texts that it may stand for, and the syntax around them."""

from dataclasses import dataclass, field

from service.tasks.translation.documents.formats.fragment import FragmentKind
from service.tasks.translation.documents.formats.message_syntax import FoundMessage, Part, find_messages, number_parts

LONGEST = 1000  # characters of a leaf
_MOST_LEAVES = 24
_SENTENCE_ENDS = ".!?。！？…"


@dataclass(slots=True)
class MessageLeaves:
    """The leaves of a message in ``text``, and the places of the syntax around them: one more than there are leaves.

    A place of syntax is in pieces, since there may be text of an outer branch between them.
    """

    text: str
    leaves: list[list[Part]] = field(default_factory=list)
    syntax: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])

    @property
    def ending(self) -> str:
        """The sign that ends a sentence in all leaves, or "" if one of them ends in a word."""
        ends = ["".join(self.text[begin:end] for begin, end, _ in leaf).rstrip()[-1:] for leaf in self.leaves]
        return ends[0] if all(end and end in _SENTENCE_ENDS for end in ends) else ""


def read_leaves(text: str, message: FoundMessage) -> MessageLeaves | None:
    """The leaves of a message in ``text``. None if a sentence around it cannot go through each of them.

    That is so for very many or very long leaves, one of several lines, two messages side by side in a branch, and a
    ``#`` beside a message, which may mean something else in a branch of that message.
    """
    found = MessageLeaves(text)
    return found if _add(found, message, [], [], numbered=False, level=0) else None


def _add(
    found: MessageLeaves, message: FoundMessage, before: list[Part], after: list[Part], *, numbered: bool, level: int
) -> bool:
    """Add the leaves of a message that stands between ``before`` and ``after``. Returns False if one is wrong."""
    numbered |= message.is_numbered
    position = message.start
    for begin, end in message.branches:
        found.syntax[-1].append((position, begin))
        match list(find_messages(found.text, begin, end, level + 1)):
            case []:
                leaf = [*before, *number_parts(found.text, begin, end, numbered=numbered), *after]
                is_right = _add_leaf(found, before + after, leaf)
            case [inner]:
                outer = (
                    [*before, (begin, inner.start, FragmentKind.TEXT)],
                    [(inner.end, end, FragmentKind.TEXT), *after],
                )
                is_right = _add(found, inner, *outer, numbered=numbered, level=level + 1)
            case _:
                is_right = False
        if not is_right:
            return False
        position = end
    found.syntax[-1].append((position, message.end))
    return True


def _add_leaf(found: MessageLeaves, outer: list[Part], leaf: list[Part]) -> bool:
    text = "".join(found.text[begin:end] for begin, end, _ in leaf)
    if len(found.leaves) == _MOST_LEAVES or len(text) > LONGEST or len(text.splitlines()) > 1:
        return False
    if any("#" in found.text[begin:end] for begin, end, _ in outer):
        return False
    found.leaves.append([part for part in leaf if part[0] < part[1]])
    found.syntax.append([])
    return True
