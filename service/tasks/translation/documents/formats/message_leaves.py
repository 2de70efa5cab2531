"""The leaves of a message in ICU's format: the texts that it may stand for, and the syntax around them."""

from dataclasses import dataclass, field

from service.tasks.translation.documents.formats.fragment import FragmentKind
from service.tasks.translation.documents.formats.message_syntax import FoundMessage, find_messages, number_parts

LONGEST = 1000  # characters of a leaf
_MOST_LEAVES = 24
_SENTENCE_ENDS = ".!?。！？…"


@dataclass(slots=True)
class MessageLeaves:
    """Leaves, each as parts of a text, and the ``syntax`` around them: one string more than there are leaves."""

    leaves: list[list[tuple[str, FragmentKind]]] = field(default_factory=list)
    syntax: list[str] = field(default_factory=lambda: [""])

    @property
    def ending(self) -> str:
        """The sign that ends a sentence in all leaves, or "" if one of them ends in a word."""
        ends = ["".join(text for text, _ in leaf).rstrip()[-1:] for leaf in self.leaves]
        return ends[0] if all(end and end in _SENTENCE_ENDS for end in ends) else ""


def read_leaves(text: str, message: FoundMessage) -> MessageLeaves | None:
    """The leaves of a message in ``text``. None if a sentence around it cannot go through each of them.

    That is so for very many or very long leaves, one of several lines, two messages side by side in a branch, and a
    ``#`` beside a message, which may mean something else in a branch of that message.
    """
    found = MessageLeaves()
    return found if _add(found, text, message, "", "", numbered=False, level=0) else None


def _add(
    found: MessageLeaves, text: str, message: FoundMessage, before: str, after: str, *, numbered: bool, level: int
) -> bool:
    """Add the leaves of a message that stands between ``before`` and ``after``. Returns False if one is wrong."""
    numbered |= message.is_numbered
    position = message.start
    for begin, stop in message.branches:
        found.syntax[-1] += text[position:begin]
        branch = text[begin:stop]
        match list(find_messages(branch, level + 1)):
            case []:
                is_right = _add_leaf(found, before, branch, after, numbered=numbered)
            case [inner]:
                outer = before + branch[: inner.start], branch[inner.end :] + after
                is_right = _add(found, branch, inner, *outer, numbered=numbered, level=level + 1)
            case _:
                is_right = False
        if not is_right:
            return False
        position = stop
    found.syntax[-1] += text[position : message.end]
    return True


def _add_leaf(found: MessageLeaves, before: str, branch: str, after: str, *, numbered: bool) -> bool:
    leaf = before + branch + after
    if len(found.leaves) == _MOST_LEAVES or len(leaf) > LONGEST or len(leaf.splitlines()) > 1:
        return False
    if "#" in before or "#" in after:
        return False
    parts = [(before, FragmentKind.TEXT), *number_parts(branch, numbered=numbered), (after, FragmentKind.TEXT)]
    found.leaves.append([(text, kind) for text, kind in parts if text])
    found.syntax.append("")
    return True
