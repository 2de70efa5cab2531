"""XML, read by expat, which says at which byte everything stands.

Which elements are lines of text and which are words in one, no schema tells: an element is inline where its parent has
text of its own or is inline itself. A fragment without a root element is read too. Entities that a document declares
are kept and not expanded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.parsers import expat

from service.errors import MalformedMarkup
from service.tasks.translation.documents.piece import KEPT_NAME, Kind, Piece, Place

_ROOT = "<root>"
_SPACE = re.compile(r"[ \t\r\n]++")


@dataclass(slots=True)
class _Event:
    offset: int  # of its first byte; it ends where the next begins
    kind: Kind
    name: str = ""
    shown: str = ""
    element: int = 0  # the one that begins or ends here
    kept: bool = False  # whether the element is not to be translated


def read(text: str) -> Iterator[Piece]:
    """Raises MalformedMarkup."""
    before, after = ("", "") if text.lstrip().startswith(("<?xml", "<!DOCTYPE")) else (_ROOT, "</root>")
    data = f"{before}{text}{after}".encode(errors="surrogatepass")
    parser = _Parser()
    parser.parse(data, len(before), len(after))
    opened: list[tuple[int, bool]] = []  # elements, and whether they are inline
    kept_from: int | None = None  # the depth of an element that is not translated
    kept = ""
    for event, following in pairwise([*parser.events, _Event(len(data), Kind.BREAK)]):
        begin, end = max(event.offset, len(before)), min(following.offset, len(data) - len(after))
        source = data[begin:end].decode() if begin < end else ""
        kind = event.kind
        if kind is Kind.OPEN:
            inline = bool(opened) and (opened[-1][1] or opened[-1][0] in parser.mixed)
            if kept_from is None and event.kept:
                kept_from = len(opened)
            opened.append((event.element, inline))
        elif kind is Kind.CLOSE:
            _, inline = opened.pop()
        if kept_from is not None:
            kept += source
            if len(opened) == kept_from:
                yield Piece(Kind.KEPT, kept, KEPT_NAME) if inline else Piece(Kind.BREAK, kept)
                kept_from, kept = None, ""
        elif not source:
            continue
        elif kind in (Kind.OPEN, Kind.CLOSE):
            alone = kind is Kind.OPEN and source.endswith("/>")
            yield Piece((Kind.TAG if alone else kind) if inline else Kind.BREAK, source, name=event.name)
        elif kind is Kind.TEXT:
            yield from _text(source, event.shown)
        else:
            yield Piece(kind, source)


class _Parser:
    """Collects events, and the elements that have text of their own."""

    def __init__(self) -> None:
        self.events: list[_Event] = []
        self.mixed: set[int] = set()
        self._opened: list[int] = []
        self._elements = 0
        self._in_cdata = False
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartCdataSectionHandler = self._start_cdata
        self._parser.EndCdataSectionHandler = self._end_cdata
        # With no other handler for them, comments, declarations and the rest come here, entities unexpanded.
        self._parser.DefaultHandler = self._other

    def parse(self, data: bytes, before: int, after: int) -> None:
        """``before`` and ``after`` are how many bytes at both ends the client did not send. Raises MalformedMarkup."""
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            *lines, last = (
                data[before : min(self._parser.ErrorByteIndex, len(data) - after)].decode(errors="ignore").split("\n")
            )
            reason = expat.ErrorString(error.code) or "malformed"
            raise MalformedMarkup(reason, len(lines) + 1, len(last) + 1, param="text") from None

    def _add(self, kind: Kind, name: str = "", shown: str = "", element: int = 0, kept: bool = False) -> None:
        self.events.append(_Event(self._parser.CurrentByteIndex, kind, name, shown, element, kept))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._opened.append(self._elements)
        kept = attributes.get("translate") == "no" or attributes.get("translatable") == "false"  # the latter on Android
        self._add(Kind.OPEN, name, element=self._elements, kept=kept)

    def _end(self, name: str) -> None:
        self._add(Kind.CLOSE, name, element=self._opened.pop())

    def _characters(self, text: str) -> None:
        if self._in_cdata:
            return
        if text.strip(" \t\r\n"):
            self.mixed.add(self._opened[-1])
        self._add(Kind.TEXT, shown=text)

    def _start_cdata(self) -> None:
        self._in_cdata = True
        self._add(Kind.TAG)

    def _end_cdata(self) -> None:
        self._in_cdata = False

    def _other(self, text: str) -> None:
        if not self._in_cdata:
            self._add(Kind.TAG if self._opened else Kind.BREAK)


def _text(source: str, shown: str) -> Iterator[Piece]:
    if source != shown:  # an entity, or a line break as XML reads it
        yield Piece(Kind.TEXT, source, " " if not shown.strip(" \t\r\n") else shown, place=Place.MARKUP)
        return
    position = 0
    for match in _SPACE.finditer(source):
        if match[0] != " ":
            if position < match.start():
                yield _piece(source[position : match.start()])
            yield Piece(Kind.TEXT, match[0], " ", place=Place.MARKUP)
            position = match.end()
    if position < len(source):
        yield _piece(source[position:])


def _piece(text: str) -> Piece:
    return Piece(Kind.TEXT, text, text, place=Place.MARKUP)
