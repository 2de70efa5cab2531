"""Pieces to a document: what is found in a text besides language becomes marks, and sentences become units."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.document import Document, Mark, Unit
from service.tasks.translation.documents.escaping import escape
from service.tasks.translation.documents.markers import Markers
from service.tasks.translation.documents.piece import Kind, Piece, paired
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


def compose(text: str, pieces: Iterable[Piece], split: Split, terms: Terms) -> Document:
    """``pieces`` are together ``text``."""
    found = paired(pieces)
    markers = Markers.absent_from("".join(piece.shown for piece in found))
    parts: list[Unit | str] = []
    position = 0
    for run, begin in _runs(found):
        for part, start, stop in _Run(text, run, begin, terms).parts(split, markers):
            parts += [text[position:start], part]
            position = stop
    parts.append(text[position:])
    return Document(tuple(part for part in parts if part != ""))


def _runs(pieces: Iterable[Piece]) -> Iterator[tuple[list[Piece], int]]:
    """What stands between two breaks, and where it begins; runs without text are left out."""
    run: list[Piece] = []
    position = begin = 0
    for piece in [*pieces, Piece(Kind.BREAK, "")]:
        if piece.kind is Kind.BREAK:
            if any(each.kind is Kind.TEXT for each in run):
                yield run, begin
            run, begin = [], position + len(piece.source)
        else:
            run.append(piece)
        position += len(piece.source)


class _Run:
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
            if piece.kind is Kind.TEXT:
                self._starts.append(length)
                self._sources.append((begin, piece))
                shown.append(piece.shown)
                length += len(piece.shown)
            else:
                self._find(shown, since, terms)
                shown, since = [], length
                tags = {Kind.OPEN: (piece.pair,), Kind.CLOSE: (-piece.pair,)}.get(piece.kind, ())
                mark = Mark(piece.source, piece.put or piece.source, tags)
                self._marks.append(_Placed(mark, length, length, begin, begin + len(piece.source), True))
            begin += len(piece.source)
        self._find(shown, since, terms)
        self._shown = "".join(piece.shown for _, piece in self._sources)

    def parts(self, split: Split, markers: Markers) -> Iterator[tuple[Unit | str, int, int]]:
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
            unit = self._unit(start, end, marks, begin, stop, markers)
            if unit is not None:
                yield unit, begin, stop
            begin, first = stop, last

    def _find(self, shown: Sequence[str], since: int, terms: Terms) -> None:
        """Marks in text that no tag interrupts and that begins at ``since``."""
        text = "".join(shown)
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
        """Without the tags at the edges that have no partner within."""
        first, last = 0, len(marks)
        while first < last and marks[first].end == start:
            first += 1
        while last > first and marks[last - 1].start == end:
            last -= 1
        inner = {abs(tag) for placed in marks[first:last] for tag in placed.mark.tags}
        for index in range(first):
            if not inner.isdisjoint(map(abs, marks[index].mark.tags)):
                first = index
                break
        for index in range(len(marks) - 1, last - 1, -1):
            if not inner.isdisjoint(map(abs, marks[index].mark.tags)):
                last = index + 1
                break
        return marks[first:last]

    def _unit(
        self, start: int, end: int, marks: Sequence[_Placed], begin: int, stop: int, markers: Markers
    ) -> Unit | str | None:
        pieces: list[str] = []
        merged: list[Mark] = []
        words = False
        previous: _Placed | None = None
        for placed in marks:
            between = self._shown[start : placed.start]
            if previous is not None and _together(previous, placed, between):
                last = merged.pop()
                gap = self._text[previous.stop : placed.begin]
                if between and not "".join(pieces[-2:-1]).endswith(" "):
                    pieces[-2] += " "
                mark = placed.mark
                merged.append(
                    Mark(
                        f"{last.source}{gap}{mark.source}",
                        f"{last.put}{gap}{mark.put}",
                        last.tags + mark.tags,
                        last.terms + mark.terms,
                    )
                )
            else:
                words = words or _has_words(between)
                merged.append(placed.mark)
                pieces += [between, markers.write(len(merged))]
            start = placed.end
            previous = placed
        rest = self._shown[start:end]
        source = self._text[begin:stop]
        if words or _has_words(rest):
            return Unit("".join([*pieces, rest]), source, tuple(merged), begin, stop, markers, self._place)
        if any(mark.source != mark.put for mark in merged):
            return self._put(marks, begin, stop)
        return None

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
        if len(piece.shown) != len(piece.source):
            offset = len(piece.source) if offset >= len(piece.shown) or not after else 0
        return begin + offset


def _together(one: _Placed, other: _Placed, between: str) -> bool:
    """Whether two marks can be one: they touch, or are tags with nothing but space between them."""
    return not between or (one.is_tag and other.is_tag and between.isspace())


def _has_words(text: str) -> bool:
    return any(map(str.isalpha, text))
