"""Paragraphs of runs, as Word, PowerPoint and Excel have them: one text each, with the formatting of words as codes.

A run is text with one formatting. Editors split words over runs without a reason that a reader sees, so neighbours with
equal formatting are one text, and the formatting that most of a paragraph has needs no code. Everything else in a
paragraph (fields, pictures, notes, bookmarks) is a code. A changed paragraph is written as new runs around its codes.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from service.tasks.translation.files.inline import Code, CodeKind
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent, xml_events
from service.tasks.translation.files.office.run_atoms import (
    Atom,
    Pieces,
    Run,
    TextAtom,
    collapse_fields,
    run_pieces,
)
from service.tasks.translation.files.office.run_paragraph import RunParagraph, TextStyle
from service.tasks.translation.files.spliced import Slot

_DROPPED = frozenset(["proofErr", "lastRenderedPageBreak"])  # an editor finds them again


@dataclass(frozen=True, slots=True)
class RunVocabulary:
    """The names of a format. ``spaces`` are the namespaces of paragraphs, whose names are ``paragraphs``.

    ``containers`` hold runs and have no meaning for a sentence, such as a link. ``has_space`` is whether white space at
    the edges of a text needs an attribute, ``has_lines`` whether a text may have line breaks.
    """

    spaces: frozenset[str]
    paragraphs: frozenset[str] = frozenset(["p"])
    containers: frozenset[str] = frozenset()
    has_space: bool = True
    has_lines: bool = False


def run_slots(source: bytes, *vocabularies: RunVocabulary) -> Iterator[Slot[bytes]]:
    """The slots of all paragraphs in a part, those in text boxes too. Raises MalformedFile as ``xml_events`` does."""
    frames: list[_Frame] = []
    by_space = {space: each for each in vocabularies for space in each.spaces}
    for event in xml_events(source):
        vocabulary = by_space.get(event.space)
        if event.kind is EventKind.START and vocabulary is not None and event.name in vocabulary.paragraphs:
            frames.append(_Frame(source, vocabulary, event))
        elif not frames:
            continue
        elif event.kind is EventKind.START:
            frames[-1].start(event)
        elif event.kind is EventKind.END and not frames[-1].end(event):
            if (slot := frames.pop().slot(event.begin)) is not None:
                yield slot
        elif event.kind is EventKind.TEXT:
            frames[-1].text(event)


@dataclass(slots=True)
class _Container:
    """An open element that holds runs. ``close_begin`` is where its last tags begin."""

    is_merged: bool
    close_begin: int | None = None


@dataclass(slots=True)
class _Frame:
    """A paragraph that is open."""

    source: bytes
    vocabulary: RunVocabulary
    event: XmlEvent
    _atoms: list[Atom] = field(default_factory=list)
    _run: Run | None = None
    _text: TextAtom | None = None
    _containers: list[_Container] = field(default_factory=list)
    _kept: list[XmlEvent] = field(default_factory=list)  # the open elements from the one that is kept
    _instruction: str = ""

    def start(self, event: XmlEvent) -> None:
        names = self.vocabulary.containers
        if self._kept:
            self._kept.append(event)
        elif event.name == "t":
            self._text = TextAtom("", self._run, event.begin, event.end)
        elif self._run is not None or event.name not in {"r"} | names:
            self._kept, self._instruction = [event], ""
        elif event.name == "r":
            self._run = Run(self.source[event.begin : event.end])
        else:
            last = self._atoms[-1] if self._atoms else None
            merged = (
                event.name == "sdtContent"
                and isinstance(last, Code)
                and last.kind is CodeKind.OPEN
                and last.source.end == event.begin
            )
            if merged and isinstance(last, Code):
                self._atoms[-1] = Code(CodeKind.OPEN, Pieces.of(last.source.begin, event.end))
            else:
                self._atoms.append(Code(CodeKind.OPEN, Pieces.of(event.begin, event.end)))
            self._containers.append(_Container(merged))

    def end(self, event: XmlEvent) -> bool:
        """An element ends; False if it is the paragraph itself."""
        if self._kept:
            first = self._kept[0]
            self._kept.pop()
            if not self._kept:
                self._keep(first, event.end)
        elif self._text is not None:
            self._text.end = event.end
            self._atoms.append(self._text)
            self._text = None
        elif self._run is not None:
            self._run = None
        elif self._containers:
            container = self._containers.pop()
            if container.is_merged and self._containers:
                self._containers[-1].close_begin = event.begin
            else:
                begin = event.begin if container.close_begin is None else container.close_begin
                self._atoms.append(Code(CodeKind.CLOSE, Pieces.of(begin, event.end)))
        else:
            return False
        return True

    def text(self, event: XmlEvent) -> None:
        if self._kept:
            self._instruction += event.text if self._kept[-1].name == "instrText" else ""
        elif self._text is not None:
            self._text.shown += event.text

    def slot(self, end: int) -> Slot[bytes] | None:
        """The slot of what stands in the paragraph, which ends at ``end``; None if it has no words."""
        name = self.source[self.event.begin + 1 : self.event.end].partition(b":")[0]
        style = TextStyle(
            prefix=name + b":" if name.isalnum() else b"",
            has_space=self.vocabulary.has_space,
            has_lines=self.vocabulary.has_lines,
        )
        return RunParagraph(collapse_fields(self._atoms), style).slot(self.event.end, end)

    def _keep(self, first: XmlEvent, end: int) -> None:
        last = self._atoms[-1] if self._atoms else None
        if self._run is not None and first.name == "rPr":
            self._run = Run(self._run.tag, self.source[first.begin : end])
        elif first.name in _DROPPED:
            return
        elif (
            first.name in ("sdtPr", "sdtEndPr", "smartTagPr", "customXmlPr")
            and isinstance(last, Code)
            and last.kind is CodeKind.OPEN
            and last.source.end == first.begin
        ):
            self._atoms[-1] = Code(CodeKind.OPEN, Pieces.of(last.source.begin, end))
        else:
            is_break = first.name == "br" and not first.attributes
            role = next((value for name, value in first.attributes.items() if name.endswith(" fldCharType")), "")
            pieces = run_pieces(self._run, first.begin, end, role if first.name == "fldChar" else "", self._instruction)
            self._atoms.append(Code(CodeKind.BREAK if is_break else CodeKind.ALONE, pieces))
