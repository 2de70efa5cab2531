"""Joints: the white space between two sentences of a paragraph, which the script of the translation decides.

Chinese and Japanese have no space between sentences. Languages with other scripts do; Thai, Lao and Khmer too, although
they have none between words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.documents.placed_mark import PlacedMark

UNSPACED = frozenset({"zh", "ja", "yue", "wuu", "lzh"})  # languages without spaces between sentences

_WIDE = re.compile("[\u2e80-\ua4cf\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
_CLOSING = " \"'”’»›)]}*_~`"  # may follow the end of a sentence in any script
_SPACES = " \u3000"


@dataclass(frozen=True, slots=True)
class Joint:
    """White space between two sentences, as the source has it; "" if it has none."""

    source: str


class Joiner:
    """Decides on the joints of one text. ``target`` is a code without script and region; None keeps all joints."""

    def __init__(self, target: str | None) -> None:
        self._target = target
        self._is_wide = target in UNSPACED  # whether the last sentence ends with a wide character

    def follow(self, unit: Unit, translation: str) -> None:
        """Note the translation of the unit before the next joint."""
        self._is_wide = _WIDE.match(_last_character(translation, unit.marks)) is not None

    def write(self, joint: Joint) -> str:
        """The white space of a joint. A sentence that was left in the script of its source keeps the source's."""
        if self._target is None or joint.source.strip(_SPACES):
            return joint.source
        if self._target in UNSPACED:
            return "" if self._is_wide else joint.source
        return joint.source if self._is_wide or " " in joint.source else " "


def find_joints(text: str, marks: Sequence[PlacedMark], start: int, end: int) -> list[tuple[Joint, int, int]]:
    """The joints, with start and end, in the source text between two sentences: white space and the tags ``marks``.

    If there is no white space, there is one joint outside the tags. A line break is no joint.
    """
    pieces, position = [], start
    for mark in marks:
        pieces.append((position, mark.source_start))
        position = mark.source_end
    pieces.append((position, end))
    joints = [(Joint(text[first:last]), first, last) for first, last in pieces if first < last]
    if joints or any(mark.mark.source[:3].lower() == "<br" for mark in marks):
        return joints
    place = next((mark.source_start for mark in marks if mark.mark.tags and mark.mark.tags[0] > 0), end)
    return [(Joint(""), place, place)]


def _last_character(text: str, marks: Sequence[Mark]) -> str:
    """The last character of a sentence, behind which there may be tags and quotation marks."""
    tags = [mark.replacement for mark in marks if mark.tags]
    end = text.rstrip(_CLOSING)
    while tag := next((tag for tag in tags if end.endswith(tag.rstrip(_CLOSING)) and tag.rstrip(_CLOSING)), None):
        end = end[: -len(tag.rstrip(_CLOSING))].rstrip(_CLOSING)
    return (end or text)[-1:]
