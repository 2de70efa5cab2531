"""XML as events: what is found, and where it stands in the bytes. Nothing is built, so a large file takes no memory."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import pairwise
from xml.parsers import expat

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import decode, find_codec

_CHUNK = 1 << 16
_MAX_DEPTH = 500
_MAX_ENTITY = 100  # characters of an entity that a file may declare for itself
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")


class EventKind(Enum):
    """What was found. OTHER is a comment, an instruction, a declaration, or an entity that is not expanded."""

    START = auto()
    END = auto()
    TEXT = auto()
    OTHER = auto()


@dataclass(slots=True)
class XmlEvent:
    """What stands from ``begin`` to ``end``. The END of an element that is one tag is empty and stands after it.

    ``name`` has no prefix, and ``space`` is its namespace. Attributes with a prefix are under "namespace name".
    ``in_cdata`` is whether text stands in a CDATA section, whose brackets belong to it.
    """

    kind: EventKind
    begin: int
    end: int = 0
    name: str = ""
    space: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    text: str = ""
    in_cdata: bool = False


@dataclass(frozen=True, slots=True)
class DecodedXml:
    """A document in UTF-8, whatever encoding it is in, and how a changed one is written in that encoding."""

    source: bytes
    encode: Callable[[bytes], bytes]


def decode_xml(data: bytes) -> DecodedXml:
    """The document in UTF-8, without a byte order mark. Raises MalformedFile for an encoding that it is not in."""
    if data[:2] in (b"<\0", b"\0<"):
        codec = "utf-16-le" if data[0] else "utf-16-be"
    else:
        declared = _DECLARED.match(data)
        codec = find_codec(declared[1].decode()) if declared else "utf-8"
    decoded = decode(data, codec, errors="xmlcharrefreplace")
    return DecodedXml(decoded.text.encode(), lambda source: decoded.encode(source.decode()))


def xml_events(source: bytes, *, may_declare_entities: bool = False) -> Iterator[XmlEvent]:
    """The events of a document in UTF-8, in order.

    Raises MalformedFile if it is not well-formed, is nested more than 500 levels deep, or declares entities, unless it
    may declare short ones. Entities of other files are never read.
    """
    parser = _Parser(may_declare_entities)
    for begin in range(0, len(source), _CHUNK):
        yield from parser.feed(source[begin : begin + _CHUNK])
    yield from parser.close(len(source))


class _Parser:
    def __init__(self, may_declare_entities: bool) -> None:
        self._may_declare_entities = may_declare_entities
        self._events: list[XmlEvent] = []
        self._depth = 0
        self._in_cdata = False
        parser = expat.ParserCreate("utf-8", " ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartCdataSectionHandler = self._start_cdata
        parser.EndCdataSectionHandler = self._end_cdata
        parser.EntityDeclHandler = self._entity
        parser.DefaultHandler = self._other  # it leaves entities as they are
        self._parser = parser

    def feed(self, data: bytes, is_last: bool = False) -> Iterator[XmlEvent]:
        """The events that are complete. An event ends where the next one begins."""
        try:
            self._parser.Parse(data, is_last)
        except expat.ExpatError as error:
            raise MalformedFile(f"it is not well-formed XML at line {error.lineno}") from None
        for event, following in pairwise(self._events):
            event.end = following.begin
            yield event
        self._events = self._events[-1:]

    def close(self, length: int) -> Iterator[XmlEvent]:
        yield from self.feed(b"", True)
        for event in self._events:
            event.end = length
            yield event

    def _add(self, kind: EventKind, name: str = "", text: str = "", attributes: dict[str, str] | None = None) -> None:
        space, _, local = name.rpartition(" ")
        begin = self._parser.CurrentByteIndex
        self._events.append(XmlEvent(kind, begin, begin, local, space, attributes or {}, text, self._in_cdata))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise MalformedFile(f"it is nested more than {_MAX_DEPTH} levels deep")
        self._add(EventKind.START, name, attributes=attributes)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._add(EventKind.END, name)

    def _text(self, text: str) -> None:
        self._add(EventKind.TEXT, text=text)

    def _start_cdata(self) -> None:
        self._in_cdata = True
        self._add(EventKind.TEXT)

    def _end_cdata(self) -> None:
        self._add(EventKind.TEXT)
        self._in_cdata = False

    def _other(self, text: str) -> None:
        self._add(EventKind.OTHER)

    def _entity(
        self, name: str, is_parameter: bool, value: str | None, base: str | None, system: str | None, *_: str | None
    ) -> None:
        harmless = value is not None and len(value) <= _MAX_ENTITY and not is_parameter and not set(value) & set("&%<")
        if not (self._may_declare_entities and harmless):
            raise MalformedFile("it declares entities")
