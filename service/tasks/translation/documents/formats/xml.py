"""Reads XML with expat, which reports the byte offset of everything that it finds.

No schema says which elements are paragraphs and which are words in a paragraph. An element counts as inline if its
parent has text of its own or is inline itself. XML without a root element is read too. Entities that a document
declares are kept and not expanded.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from xml.parsers import expat

from service.errors import MalformedMarkup
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.marks.escaping import TextPlace

_ROOT = "<root>"
_SPACE = re.compile(r"[ \t\r\n]++")


@dataclass(slots=True)
class _Event:
    """An event that expat reports. Its text ends where the next event begins."""

    offset: int  # of its first byte
    kind: FragmentKind
    name: str = ""
    shown: str = ""
    element: int = 0  # number of the element that begins or ends here
    keeps: bool | None = None  # what the element says: that it is kept, that it is translated, or nothing


@dataclass(slots=True)
class _Region:
    """An open element that is kept or translated, unlike the one around it, which is ``depth`` levels deep."""

    depth: int
    is_kept: bool
    is_final: bool = False  # no element in it is translated
    is_cut: bool = False  # an element in it is translated


def read_xml(text: str, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut XML into fragments. Raises MalformedMarkup with line and column if it is not well-formed."""
    before, after = ("", "") if text.lstrip().startswith(("<?xml", "<!DOCTYPE")) else (_ROOT, "</root>")
    data = f"{before}{text}{after}".encode(errors="surrogatepass")
    parser = _Parser()
    parser.parse(data, len(before), len(after))
    opened: list[tuple[int, bool]] = []  # the open elements, and whether each is inline
    regions: list[_Region] = []
    kept = ""
    for event, following in pairwise([*parser.events, _Event(len(data), FragmentKind.BREAK)]):
        begin, end = max(event.offset, len(before)), min(following.offset, len(data) - len(after))
        source = data[begin:end].decode() if begin < end else ""
        kind = event.kind
        region = regions[-1] if regions else None
        if kind is FragmentKind.OPEN:
            among_text = bool(opened) and (opened[-1][1] or opened[-1][0] in parser.with_text)
            inline = tags.is_inline(event.name, by_format=among_text)
            is_ignored = event.name in tags.ignored
            keeps = True if is_ignored else event.keeps
            if keeps is not None and keeps != _is_kept(region) and not (region and region.is_final):
                if region is not None and region.is_kept:
                    yield Fragment(FragmentKind.BREAK, kept)
                    kept, region.is_cut = "", True
                region = _Region(len(opened), keeps, is_final=is_ignored)
                regions.append(region)
            opened.append((event.element, inline))
        elif kind is FragmentKind.CLOSE:
            _, inline = opened.pop()
        ends = kind is FragmentKind.CLOSE and region is not None and len(opened) == region.depth
        if ends:
            regions.pop()
        if region is not None and region.is_kept:
            kept += source
            if ends:
                is_word = inline and not region.is_cut
                yield Fragment(FragmentKind.KEPT, kept, KEPT_WORD) if is_word else Fragment(FragmentKind.BREAK, kept)
                kept = ""
        elif not source:
            continue
        elif kind in (FragmentKind.OPEN, FragmentKind.CLOSE):
            alone = kind is FragmentKind.OPEN and source.endswith("/>")
            inline_kind = FragmentKind.TAG if alone else kind
            yield Fragment(inline_kind if inline else FragmentKind.BREAK, source, name=event.name)
        elif kind is FragmentKind.TEXT:
            yield from _read_characters(source, event.shown)
        else:
            yield Fragment(kind, source)


def _is_kept(region: _Region | None) -> bool:
    return region is not None and region.is_kept


class _Parser:
    """Collects the events of a text, and the numbers of the elements that have text of their own (``with_text``)."""

    def __init__(self) -> None:
        self.events: list[_Event] = []
        self.with_text: set[int] = set()
        self._opened: list[int] = []
        self._elements = 0
        self._in_cdata = False
        self._parser = expat.ParserCreate("utf-8")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartCdataSectionHandler = self._start_cdata
        self._parser.EndCdataSectionHandler = self._end_cdata
        # expat passes everything without its own handler here, such as comments and declarations. With this handler,
        # it leaves entities unexpanded.
        self._parser.DefaultHandler = self._other

    def parse(self, data: bytes, before: int, after: int) -> None:
        """Parse ``data``. The first ``before`` and the last ``after`` bytes were added to the client's text.

        Raises MalformedMarkup, with the place in the client's text.
        """
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            *lines, last = (
                data[before : min(self._parser.ErrorByteIndex, len(data) - after)].decode(errors="ignore").split("\n")
            )
            reason = expat.ErrorString(error.code) or "malformed"
            raise MalformedMarkup(reason, len(lines) + 1, len(last) + 1, param="text") from None

    def _add(
        self, kind: FragmentKind, name: str = "", shown: str = "", element: int = 0, keeps: bool | None = None
    ) -> None:
        self.events.append(_Event(self._parser.CurrentByteIndex, kind, name, shown, element, keeps))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        self._opened.append(self._elements)
        says = {attributes.get("translate"), attributes.get("its:translate")}
        says.add({"false": "no", "true": "yes"}.get(attributes.get("translatable", "")))  # Android's
        keeps = True if "no" in says else False if "yes" in says else None
        self._add(FragmentKind.OPEN, name, element=self._elements, keeps=keeps)

    def _end(self, name: str) -> None:
        self._add(FragmentKind.CLOSE, name, element=self._opened.pop())

    def _characters(self, text: str) -> None:
        if self._in_cdata:
            return
        if text.strip(" \t\r\n"):
            self.with_text.add(self._opened[-1])
        self._add(FragmentKind.TEXT, shown=text)

    def _start_cdata(self) -> None:
        self._in_cdata = True
        self._add(FragmentKind.TAG)

    def _end_cdata(self) -> None:
        self._in_cdata = False

    def _other(self, text: str) -> None:
        if not self._in_cdata:
            self._add(FragmentKind.TAG if self._opened else FragmentKind.BREAK)


def _read_characters(source: str, shown: str) -> Iterator[Fragment]:
    if source != shown:  # an entity, or a line break, which XML normalizes
        shown = " " if not shown.strip(" \t\r\n") else shown
        yield Fragment(FragmentKind.TEXT, source, shown, place=TextPlace.MARKUP)
        return
    position = 0
    for match in _SPACE.finditer(source):
        if match[0] != " ":
            if position < match.start():
                yield _text_fragment(source[position : match.start()])
            yield Fragment(FragmentKind.TEXT, match[0], " ", place=TextPlace.MARKUP)
            position = match.end()
    if position < len(source):
        yield _text_fragment(source[position:])


def _text_fragment(text: str) -> Fragment:
    return Fragment(FragmentKind.TEXT, text, text, place=TextPlace.MARKUP)
