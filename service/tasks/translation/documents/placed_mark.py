"""A mark with its place in a paragraph."""

from dataclasses import dataclass

from service.tasks.translation.documents.fragments.fragment import Message
from service.tasks.translation.documents.marks.unit import Mark


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark with its place in the shown text of a paragraph, and in the source text.

    ``message`` is what the mark stands for, if that is a message whose branches may be words of the sentence.
    """

    mark: Mark
    start: int  # in the shown text
    end: int
    source_start: int
    source_end: int
    is_tag: bool
    message: Message | None = None


def trim_edges(marks: list[PlacedMark], start: int, end: int) -> list[PlacedMark]:
    """The marks of a sentence without the tags at its edges whose partner is outside.

    ``marks`` are all marks from ``start`` to ``end``. A tag that has a replacement is kept.
    """
    first, last = 0, len(marks)
    while first < last and marks[first].end == start and marks[first].is_tag:
        first += 1
    while last > first and marks[last - 1].start == end and marks[last - 1].is_tag:
        last -= 1
    inside = marks[first:last] + [placed for placed in marks if placed.mark.replacement != placed.mark.source]
    pairs = {abs(tag) for placed in inside for tag in placed.mark.tags}
    for index in range(first):
        if not pairs.isdisjoint(map(abs, marks[index].mark.tags)):
            first = index
            break
    for index in range(len(marks) - 1, last - 1, -1):
        if not pairs.isdisjoint(map(abs, marks[index].mark.tags)):
            last = index + 1
            break
    return marks[first:last]
