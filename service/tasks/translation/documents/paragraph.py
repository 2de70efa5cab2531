"""A paragraph: its sentences become units, and everything in them that is not language becomes marks."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence

from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.joint import Joint, find_joints
from service.tasks.translation.documents.marks.branch_text import fit_term
from service.tasks.translation.documents.marks.escaping import TextPlace, escape
from service.tasks.translation.documents.marks.placeables import find_placeables
from service.tasks.translation.documents.marks.protected_terms import ProtectedTerms
from service.tasks.translation.documents.marks.unit import Mark, Unit
from service.tasks.translation.documents.placed_mark import PlacedMark, trim_edges
from service.tasks.translation.documents.source_map import SourceMap
from service.tasks.translation.documents.unit_reader import UnitReader

# Returns start and end of each sentence of a text.
SentenceSplitter = Callable[[str], Sequence[tuple[int, int]]]


class Paragraph:
    """The fragments between two breaks: a paragraph, a heading, a list item, a cell.

    Positions called ``start`` and ``end`` are in the shown text of the paragraph; ``source_start`` and ``source_end``
    are in the source text. The paragraph itself begins at ``source_start``.
    """

    def __init__(self, text: str, fragments: Sequence[Fragment], source_start: int, terms: ProtectedTerms) -> None:
        self._text = text
        self._place = next(
            (each.place for each in fragments if each.kind is FragmentKind.TEXT or each.message is not None),
            TextPlace.TEXT,
        )
        self._syntax = max((fragment.syntax for fragment in fragments), key=len)
        self._map = SourceMap()
        self._marks: list[PlacedMark] = []
        run: list[str] = []  # the text since the last tag or kept fragment, ...
        run_start = 0  # ... and where it begins
        for fragment in fragments:
            source_end = source_start + len(fragment.source)
            start = self._map.length
            if fragment.shown:
                self._map.add(fragment, source_start)
            if fragment.kind is FragmentKind.TEXT:
                run.append(fragment.shown)
            else:
                self._mark_run(run, run_start, terms)
                run, run_start = [], self._map.length
                tags = {FragmentKind.OPEN: (fragment.pair,), FragmentKind.CLOSE: (-fragment.pair,)}
                written = fragment.replacement or fragment.source
                mark = Mark(fragment.source, written, tags.get(fragment.kind, ()), values=fragment.values)
                is_tag = fragment.kind is not FragmentKind.KEPT
                self._marks.append(
                    PlacedMark(mark, start, run_start, source_start, source_end, is_tag, fragment.message)
                )
            source_start = source_end
        self._mark_run(run, run_start, terms)
        self._shown = self._map.shown
        self._units = UnitReader(text, self._shown, self._place, self._syntax)

    def parts(self, split: SentenceSplitter) -> Iterator[tuple[Unit | Joint | str, int, int]]:
        """Yields units and joints with their start and end in the source text.

        A sentence without words is not a unit. If one of its marks has a replacement, the sentence is yielded as a
        string; otherwise it is left out, so that it stays as it is.
        """
        first = 0  # the first mark that does not belong to an earlier sentence
        source_start = 0
        between: int | None = None  # where the source goes on behind the last sentence
        for start, end in self._sentences(split):
            while first < len(self._marks) and self._marks[first].end <= start and self._marks[first].start < start:
                first += 1
            last = first
            while last < len(self._marks) and self._marks[last].start <= end and self._marks[last].end <= end:
                last += 1
            marks = [mark for mark in self._marks[first:last] if mark.source_start >= source_start]
            marks = trim_edges(marks, start, end)
            source_start = min([self._map.to_source_start(start), *(mark.source_start for mark in marks[:1])])
            source_end = max([self._map.to_source_end(end), *(mark.source_end for mark in marks[-1:])])
            unit = self._units.read(start, end, marks, source_start, source_end)
            if between is not None and (unit is not None or self._shown[start].isalnum()):
                yield from find_joints(self._text, self._tags(between, source_start), between, source_start)
            if unit is not None:
                yield unit, source_start, source_end
            source_start, first, between = source_end, last, source_end

    def _tags(self, source_start: int, source_end: int) -> list[PlacedMark]:
        """The tags in a part of the source between two sentences."""
        first = bisect_left(self._marks, source_start, key=lambda mark: mark.source_start)
        last = bisect_left(self._marks, source_end, lo=first, key=lambda mark: mark.source_start)
        return [mark for mark in self._marks[first:last] if mark.source_end <= source_end]

    def _mark_run(self, run: Sequence[str], run_start: int, terms: ProtectedTerms) -> None:
        """Add the marks of placeables and protected terms in text without tags that begins at ``run_start``."""
        text = "".join(run)
        spans: list[tuple[int, int, tuple[str, ...], str | None]]
        spans = [(start, end, (), None) for start, end in find_placeables(text)]
        spans += [(start, end, (term,), replacement) for start, end, term, replacement in terms.find(text)]
        last = 0
        for start, end, names, replacement in sorted(spans, key=lambda span: (span[0], -span[1])):
            if start < last:
                continue
            last = end
            shown = text[start:end]
            start, end = run_start + start, run_start + end
            source_start, source_end = self._map.to_source_start(start), self._map.to_source_end(end)
            source = self._text[source_start:source_end]
            written = source
            if replacement is not None and replacement != shown:
                written = escape(fit_term(replacement, self._syntax) if self._syntax else replacement, self._place)
            mark = Mark(source, written, (), names)
            self._marks.append(PlacedMark(mark, start, end, source_start, source_end, is_tag=False))

    def _sentences(self, split: SentenceSplitter) -> Iterator[tuple[int, int]]:
        """The sentences without white space at their edges. No sentence ends inside a mark.

        ``split`` sees a name like "Xxx" for each mark that is shown, and no tags: neither ends a sentence.
        """
        texts, position = [], 0
        shown_marks = [placed for placed in self._marks if placed.start < placed.end]
        for placed in shown_marks:
            ending = placed.message.ending if placed.message is not None else ""
            name = "X".ljust(placed.end - placed.start - len(ending), "x") + ending
            texts += [self._shown[position : placed.start], name]
            position = placed.end
        shown = "".join([*texts, self._shown[position:]])
        last, index = 0, 0
        for start, end in split(shown):
            start, end = max(start, last), min(end, len(shown))
            while index < len(shown_marks) and shown_marks[index].end <= end:
                index += 1
            if index < len(shown_marks) and shown_marks[index].start < end:
                end = shown_marks[index].end
            sentence = shown[start:end]
            core = sentence.strip()
            if core:
                start += len(sentence) - len(sentence.lstrip())
                yield start, start + len(core)
                last = end
