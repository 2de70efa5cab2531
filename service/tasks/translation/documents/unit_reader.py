"""Reads a sentence of a paragraph as a unit. Marks side by side share one marker."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.tasks.translation.documents.marks.escaping import TextPlace
from service.tasks.translation.documents.marks.markers import marker
from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.documents.placed_mark import PlacedMark


@dataclass(frozen=True, slots=True)
class UnitReader:
    """For the sentences of one paragraph of ``text``, of which ``shown`` is the shown text.

    ``place`` and ``syntax`` are those of its units. Positions are as in Paragraph.
    """

    text: str
    shown: str
    place: TextPlace
    syntax: str

    def read(
        self, start: int, end: int, marks: Sequence[PlacedMark], source_start: int, source_end: int
    ) -> Unit | str | None:
        """A sentence as a unit or, if it has no words, as a string or None."""
        texts: list[str] = []
        merged: list[Mark] = []
        words = [mark for mark in marks if not mark.is_tag]
        has_words = len(words) > 1 and any(mark.message is not None for mark in words)
        for group in self._groups(marks):
            between = self.shown[start : group[0].start]
            has_words = has_words or _has_letters(between)
            is_spaced = any(one.end < other.start for one, other in pairwise(group))
            if is_spaced and between and not between[-1].isspace():
                between += " "  # the group contains a space, so the words on its two sides are separate words
            merged.append(self._merge(group))
            texts += [between, marker(len(merged))]
            start = group[-1].end
        rest = self.shown[start:end]
        if has_words or _has_letters(rest):
            return Unit(
                text="".join([*texts, rest]),
                source=self.text[source_start:source_end],
                marks=tuple(merged),
                start=source_start,
                end=source_end,
                place=self.place,
                syntax=self.syntax,
            )
        if any(mark.source != mark.replacement for mark in merged):
            return self._replace(marks, source_start, source_end)
        return None

    def _groups(self, marks: Sequence[PlacedMark]) -> list[list[PlacedMark]]:
        """Groups of marks that share one marker: they touch, or they are tags with only white space between them."""
        groups: list[list[PlacedMark]] = []
        for placed in marks:
            if groups:
                last = groups[-1][-1]
                between = self.shown[last.end : placed.start]
                if not between or (last.is_tag and placed.is_tag and between.isspace()):
                    groups[-1].append(placed)
                    continue
            groups.append([placed])
        return groups

    def _merge(self, group: Sequence[PlacedMark]) -> Mark:
        """One mark for a group, with the text between its marks."""
        if len(group) == 1:
            return group[0].mark
        source_start, source_end = group[0].source_start, group[-1].source_end
        tags = tuple(tag for placed in group for tag in placed.mark.tags)
        terms = tuple(term for placed in group for term in placed.mark.terms)
        values: list[tuple[int, int]] = []
        begin = -source_start  # of the replacement, as a place in the source
        for placed in group:
            first = begin + placed.source_start
            values += [(first + start, first + end) for start, end in placed.mark.values]
            begin += len(placed.mark.replacement) - len(placed.mark.source)
        replacement = self._replace(group, source_start, source_end)
        return Mark(self.text[source_start:source_end], replacement, tags, terms, tuple(values))

    def _replace(self, marks: Sequence[PlacedMark], source_start: int, source_end: int) -> str:
        """The source text from ``source_start`` to ``source_end`` with the replacements of its marks."""
        texts = []
        for placed in marks:
            texts += [self.text[source_start : placed.source_start], placed.mark.replacement]
            source_start = placed.source_end
        return "".join([*texts, self.text[source_start:source_end]])


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))
