"""A passage: text with inline elements in it, such as a paragraph, as one text with codes."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass

from service.tasks.translation.files.inline import Code, CodeKind, InlineText
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent
from service.tasks.translation.files.spliced import Render, Slot

Place = tuple[int, int]
_SPACE = re.compile(r"[ \t\r\n]++")


@dataclass(frozen=True, slots=True)
class PassageSyntax:
    """What the characters of a passage mean beyond XML.

    ``collapses`` says that white space counts as one space. ``repeats`` returns whether an element may stand in several
    branches of a message, and ``copy`` the bytes of a copy, of which there are ``number``, from those of its tag.
    """

    collapses: bool = True
    repeats: Callable[[XmlEvent], bool] = lambda element: False
    copy: Callable[[bytes, int], bytes] = lambda tag, number: tag
    decode: Callable[[str], str] = lambda text: text
    encode: Callable[[str], str] = lambda text: text


@dataclass(slots=True)
class _Text:
    begin: int
    end: int
    shown: str


class Passage:
    """Collects the events of one passage. Their places follow each other without a gap."""

    def __init__(self, source: bytes, syntax: PassageSyntax) -> None:
        self._source = source
        self._syntax = syntax
        self._atoms: list[_Text | Code[Place]] = []
        self._opened: list[Code[Place] | None] = []  # the codes of the open elements whose tags are codes
        self._kept = 0  # open elements from the one that is kept as a whole
        self._kept_begin = 0
        self._kept_kind = CodeKind.ALONE
        self._kept_repeats = False
        self._begin: int | None = None
        self._end = 0

    @property
    def is_keeping(self) -> bool:
        """Whether an element is open that is kept as a whole."""
        return self._kept > 0

    def start(self, event: XmlEvent, *, kept: CodeKind | None = None, is_bare: bool = False) -> None:
        """An element begins. It is ``kept`` as a whole, or its tags are codes, unless it is bare: they mean nothing."""
        self._extend(event)
        if self._kept:
            self._kept += 1
        elif kept is not None:
            self._kept, self._kept_begin, self._kept_kind = 1, event.begin, kept
            self._kept_repeats = self._syntax.repeats(event)
        elif is_bare:
            self._opened.append(None)
        else:
            code = Code(CodeKind.OPEN, (event.begin, event.end), self._syntax.repeats(event))
            self._opened.append(code)
            self._atoms.append(code)

    def end(self, event: XmlEvent) -> None:
        self._extend(event)
        if self._kept:
            self._kept -= 1
            if not self._kept:
                self._atoms.append(Code(self._kept_kind, (self._kept_begin, event.end), self._kept_repeats))
        elif not self._opened:
            self._atoms.append(Code(CodeKind.CLOSE, (event.begin, event.end)))
        elif (opened := self._opened.pop()) is not None:
            self._atoms.append(Code(CodeKind.CLOSE, (event.begin, event.end), opened.repeats))

    def inside(self, event: XmlEvent) -> None:
        """Text, or something that is kept."""
        self._extend(event)
        if self._kept:
            return
        if event.kind is not EventKind.TEXT:
            self._atoms.append(Code(CodeKind.ALONE, (event.begin, event.end), repeats=True))
        elif self._atoms and isinstance(last := self._atoms[-1], _Text):
            last.shown += event.text
            last.end = event.end
        else:
            self._atoms.append(_Text(event.begin, event.end, event.text))

    def slot(self, context: str = "") -> Slot[bytes] | None:
        """The slot of the passage, None if it has no words."""
        if self._begin is None:
            return None
        inline = self.inline()
        if not inline.has_words:
            return None
        return Slot(
            self._begin,
            self._end,
            inline.file_text(context),
            lambda translation, render: self.write(inline, translation, render),
        )

    def inline(self) -> InlineText[Place]:
        """The texts and codes. White space at the edges is a code, so that it is not sent."""
        atoms = self._without_seams()
        for index, cut in ((0, bytes.lstrip), (-1, bytes.rstrip)):
            if self._syntax.collapses and atoms and isinstance(text := atoms[index], _Text):
                raw = self._source[text.begin : text.end]
                width = len(raw) - len(cut(raw, b" \t\r\n"))
                if 0 < width < len(raw):
                    edge = (text.begin, text.begin + width) if index == 0 else (text.end - width, text.end)
                    kept = Code(CodeKind.ALONE, edge)
                    text.shown = text.shown.lstrip(" \t\r\n") if index == 0 else text.shown.rstrip(" \t\r\n")
                    text.begin, text.end = (edge[1], text.end) if index == 0 else (text.begin, edge[0])
                    atoms.insert(0 if index == 0 else len(atoms), kept)
        decoded = [self._decode(atom.shown) if isinstance(atom, _Text) else atom for atom in atoms]
        return InlineText(decoded)

    def write(self, inline: InlineText[Place], translation: str, render: Render[bytes]) -> bytes:
        """The passage with a translation."""
        parts = []
        copies: dict[Place, int] = {}
        for atom in inline.place(translation):
            if isinstance(atom, str):
                parts.append(html.escape(self._syntax.encode(atom), quote=False).encode())
                continue
            written, number = render(*atom.source), copies.get(atom.source, 0)
            parts.append(self._syntax.copy(written, number) if number and atom.kind is not CodeKind.CLOSE else written)
            copies[atom.source] = number + 1
        return b"".join(parts)

    def _decode(self, shown: str) -> str:
        return self._syntax.decode(_SPACE.sub(" ", shown) if self._syntax.collapses else shown)

    def _extend(self, event: XmlEvent) -> None:
        if self._begin is None:
            self._begin = event.begin
        self._end = event.end

    def _without_seams(self) -> list[_Text | Code[Place]]:
        """The atoms without the tags between two elements that have the same start tag: they are one element."""
        atoms: list[_Text | Code[Place]] = []
        opened: list[bytes | None] = []
        closed: bytes | None = None  # the start tag of the element that the last atom closes
        for atom in self._atoms:
            before, closed = closed, None
            if isinstance(atom, Code) and atom.kind is CodeKind.OPEN:
                tag = self._source[slice(*atom.source)]
                opened.append(tag)
                if tag == before:
                    atoms.pop()
                    continue
            elif isinstance(atom, Code) and atom.kind is CodeKind.CLOSE and opened:
                closed = opened.pop()
            elif isinstance(atom, _Text) and atoms and isinstance(last := atoms[-1], _Text):
                last.shown, last.end = last.shown + atom.shown, atom.end
                continue
            atoms.append(atom)
        return atoms
