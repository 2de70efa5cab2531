"""A run of text: what is found in it besides language becomes marks, and its sentences become units."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.document import Mark, Unit
from service.tasks.translation.documents.escaping import escape
from service.tasks.translation.documents.markers import marker
from service.tasks.translation.documents.piece import Kind, Piece
from service.tasks.translation.documents.placeables import placeables
from service.tasks.translation.documents.terms import Terms

Split = Callable[[str], Sequence[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class _Placed:
    """A mark and its place: ``start`` and ``end`` in what is shown of the run, ``begin`` and ``stop`` in the text."""

    mark: Mark
    start: int
    end: int
    begin: int
    stop: int
    is_tag: bool


class Run:
    """Text without a break, with marks in it."""

    def __init__(self, text: str, pieces: Sequence[Piece], begin: int, terms: Terms) -> None:
        self._text = text
        self._place = next(piece.place for piece in pieces if piece.kind is Kind.TEXT)
        self._starts: list[int] = []  # of the pieces of text, in what is shown
        self._sources: list[tuple[int, Piece]] = []  # where they begin in the text
        self._marks: list[_Placed] = []
        shown: list[str] = []
        length = since = 0  # since when there has been text and no tag
        for piece in pieces:
            stop = begin + len(piece.source)
            if piece.kind is not Kind.TEXT:
                self._find(shown, since, terms)
                since = length + len(piece.shown)
                shown = []
                tags = {Kind.OPEN: (piece.pair,), Kind.CLOSE: (-piece.pair,)}.get(piece.kind, ())
                mark = Mark(piece.source, piece.put or piece.source, tags)
                self._marks.append(_Placed(mark, length, since, begin, stop, piece.kind is not Kind.KEPT))
            if piece.shown:
                self._starts.append(length)
                self._sources.append((begin, piece))
                length += len(piece.shown)
            if piece.kind is Kind.TEXT:
                shown.append(piece.shown)
            begin = stop
        self._find(shown, since, terms)
        self._shown = "".join(piece.shown for _, piece in self._sources)

    def parts(self, split: Split) -> Iterator[tuple[Unit | str, int, int]]:
        """Units, and what stands in the place of sentences that have no words, with their places in the text."""
        first = 0  # of the marks that are not behind us
        begin = 0
        for start, end in self._sentences(split):
            while first < len(self._marks) and self._marks[first].end <= start and self._marks[first].start < start:
                first += 1
            last = first
            while last < len(self._marks) and self._marks[last].start <= end and self._marks[last].end <= end:
                last += 1
            marks = self._trimmed([mark for mark in self._marks[first:last] if mark.begin >= begin], start, end)
            begin = min([self._source(start), *(mark.begin for mark in marks[:1])])
            stop = max([self._source(end, after=False), *(mark.stop for mark in marks[-1:])])
            unit = self._unit(start, end, marks, begin, stop)
            if unit is not None:
                yield unit, begin, stop
            begin, first = stop, last

    def _find(self, shown: Sequence[str], since: int, terms: Terms) -> None:
        """Marks in text that no tag interrupts and that begins at ``since``."""
        text = "".join(shown)
        spans: list[tuple[int, int, tuple[str, ...], str | None]]
        spans = [(start, end, (), None) for start, end in placeables(text)]
        spans += [(start, end, (term,), put) for start, end, term, put in terms.find(text)]
        last = 0
        for start, end, names, put in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start < last:
                continue
            last = end
            begin, stop = self._source(since + start), self._source(since + end, after=False)
            source = self._text[begin:stop]
            written = source if put is None or put == text[start:end] else escape(put, self._place)
            self._marks.append(
                _Placed(Mark(source, written, (), names), since + start, since + end, begin, stop, False)
            )

    def _sentences(self, split: Split) -> Iterator[tuple[int, int]]:
        """Without white space at their edges, none of them ending within a placeholder.

        ``split`` sees a made-up name for each placeholder and no tags, for neither ends a sentence.
        """
        pieces, position = [], 0
        for placed in self._marks:
            if placed.start < placed.end:
                pieces += [self._shown[position : placed.start], "X".ljust(placed.end - placed.start, "x")]
                position = placed.end
        shown = "".join([*pieces, self._shown[position:]])
        inside = [(placed.start, placed.end) for placed in self._marks if placed.start < placed.end]
        last, index = 0, 0
        for start, end in split(shown):
            start, end = max(start, last), min(end, len(shown))
            while index < len(inside) and inside[index][1] <= end:
                index += 1
            if index < len(inside) and inside[index][0] < end:
                end = inside[index][1]
            sentence = shown[start:end]
            core = sentence.strip()
            if core:
                start += len(sentence) - len(sentence.lstrip())
                yield start, start + len(core)
                last = end

    def _trimmed(self, marks: list[_Placed], start: int, end: int) -> list[_Placed]:
        """Without the tags at the edges that have no partner within, unless they change with the translation."""
        first, last = 0, len(marks)
        while first < last and marks[first].end == start and marks[first].is_tag:
            first += 1
        while last > first and marks[last - 1].start == end and marks[last - 1].is_tag:
            last -= 1
        within = marks[first:last] + [placed for placed in marks if placed.mark.put != placed.mark.source]
        inner = {abs(tag) for placed in within for tag in placed.mark.tags}
        for index in range(first):
            if not inner.isdisjoint(map(abs, marks[index].mark.tags)):
                first = index
                break
        for index in range(len(marks) - 1, last - 1, -1):
            if not inner.isdisjoint(map(abs, marks[index].mark.tags)):
                last = index + 1
                break
        return marks[first:last]

    def _unit(self, start: int, end: int, marks: Sequence[_Placed], begin: int, stop: int) -> Unit | str | None:
        pieces: list[str] = []
        merged: list[Mark] = []
        words = False
        for group in self._groups(marks):
            between = self._shown[start : group[0].start]
            words = words or _has_words(between)
            if group[0].end < group[-1].start and between and not between[-1].isspace():
                between += " "  # what stands on both sides are words apart
            merged.append(self._merged(group))
            pieces += [between, marker(len(merged))]
            start = group[-1].end
        rest = self._shown[start:end]
        if words or _has_words(rest):
            text = "".join([*pieces, rest])
            return Unit(text, self._text[begin:stop], tuple(merged), begin, stop, self._place)
        if any(mark.source != mark.put for mark in merged):
            return self._put(marks, begin, stop)
        return None

    def _groups(self, marks: Sequence[_Placed]) -> list[list[_Placed]]:
        """Marks that can be one for the model: they touch, or are tags with nothing but space between them."""
        groups: list[list[_Placed]] = []
        for placed in marks:
            if groups:
                last = groups[-1][-1]
                between = self._shown[last.end : placed.start]
                if not between or (last.is_tag and placed.is_tag and between.isspace()):
                    groups[-1].append(placed)
                    continue
            groups.append([placed])
        return groups

    def _merged(self, group: Sequence[_Placed]) -> Mark:
        if len(group) == 1:
            return group[0].mark
        begin, stop = group[0].begin, group[-1].stop
        tags = tuple(tag for placed in group for tag in placed.mark.tags)
        terms = tuple(term for placed in group for term in placed.mark.terms)
        return Mark(self._text[begin:stop], self._put(group, begin, stop), tags, terms)

    def _put(self, marks: Sequence[_Placed], begin: int, stop: int) -> str:
        pieces = []
        for placed in marks:
            pieces += [self._text[begin : placed.begin], placed.mark.put]
            begin = placed.stop
        return "".join([*pieces, self._text[begin:stop]])

    def _source(self, position: int, *, after: bool = True) -> int:
        """Where in the text that stands which is shown at ``position``; of two places, after the tags or before."""
        index = bisect_right(self._starts, position if after else position - 1) - 1
        if index < 0:
            return self._sources[0][0]
        begin, piece = self._sources[index]
        offset = position - self._starts[index]
        if len(piece.shown) != len(piece.source):  # an entity, or the like, as a whole
            offset = len(piece.source) if offset >= len(piece.shown) or not after else 0
        return begin + offset


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))
