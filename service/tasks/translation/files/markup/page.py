"""The texts of an HTML page in XML: what stands between the tags of blocks, and what attributes show to people."""

from collections.abc import Iterator
from dataclasses import dataclass

from service.tasks.translation.documents.formats.html.attributes import SHOWN_ATTRIBUTES, is_shown
from service.tasks.translation.documents.formats.html.elements import (
    BLOCKS,
    MEDIA,
    RAW,
    WORDS,
    keeps,
    says_translated,
)
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import CodeKind, has_words
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.tags import escape_value, find_attribute
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent, xml_events
from service.tasks.translation.files.spliced import Render, Slot


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_INLINE = _names(
    "a abbr acronym b bdi bdo big cite data del dfn em font i ins label mark q rb rp rt ruby s small span strike "
    "strong sub sup time u"
)
_ALONE = _names("br img input wbr")
_KEPT_INLINE = (WORDS | MEDIA) - BLOCKS
_SYNTAX = PassageSyntax()


@dataclass(frozen=True, slots=True)
class _Element:
    """An open element. ``is_raw``: it is in a raw one, or is one itself. ``in_passage``: its tags are a part of it.

    ``around`` is the passage that goes on behind an element that is translated in one that is kept.
    """

    is_kept: bool = False
    is_raw: bool = False
    in_passage: bool = False
    around: Passage | None = None


def page_slots(source: bytes) -> Iterator[Slot[bytes]]:
    """The slots of a page that is well-formed XML. Raises MalformedFile if it is not.

    An element that is kept within a sentence is a code of it, and an element in it that is translated has slots of its
    own in that code.
    """
    passage = Passage(source, _SYNTAX)
    opened = [_Element()]
    for event in xml_events(source):
        outer = opened[-1]
        if event.kind is EventKind.START:
            element = _opened(event, outer, passage)
            opened.append(element)
            if not (outer.is_kept and element.is_kept) and says_translated(event.attributes) is not False:
                yield from attribute_slots(source, event)
            if element.in_passage:
                kind = CodeKind.BREAK if event.name == "br" else CodeKind.ALONE
                passage.start(event, kept=kind if element.is_kept or event.name in _ALONE else None)
                continue
            if element.around is None and (slot := passage.slot()) is not None:
                yield slot
            passage = Passage(source, _SYNTAX)
        elif event.kind is EventKind.END:
            element = opened.pop()
            if element.in_passage:
                passage.end(event)
                continue
            if (slot := passage.slot()) is not None:
                yield slot
            passage = Passage(source, _SYNTAX) if element.around is None else element.around
        elif passage.is_keeping or not outer.is_kept:
            passage.inside(event)


def _opened(event: XmlEvent, outer: _Element, passage: Passage) -> _Element:
    """The element that an event begins in ``outer``."""
    keeps_itself = None if outer.is_raw else keeps(event.name, event.attributes)
    is_kept = outer.is_kept if keeps_itself is None else keeps_itself
    is_raw = outer.is_raw or event.name in RAW
    if outer.is_kept:
        is_translated = not is_kept
        return _Element(is_kept, is_raw, passage.is_keeping and is_kept, passage if is_translated else None)
    is_inline = event.name in _INLINE or event.name in _ALONE or event.name in _KEPT_INLINE
    return _Element(is_kept, is_raw, is_inline)


def attribute_slots(source: bytes, event: XmlEvent) -> Iterator[Slot[bytes]]:
    """The slots of the attributes of a start tag that people see or hear."""
    tag = source[event.begin : event.end]
    for name, value in event.attributes.items():
        if name not in SHOWN_ATTRIBUTES or not is_shown(event.name, name, event.attributes):
            continue
        place = find_attribute(tag, name) if has_words(value) else None
        if place is not None:
            begin, end = event.begin + place[0], event.begin + place[1]
            yield Slot(begin, end, FileText(value), _write_value)


def _write_value(translation: str, _: Render[bytes]) -> bytes:
    return escape_value(translation)
