"""The texts of an HTML page in XML: what stands between the tags of blocks, and what attributes show to people."""

from collections.abc import Iterator

from service.tasks.translation.documents.formats.attributes import SHOWN_ATTRIBUTES, is_shown
from service.tasks.translation.documents.formats.html_elements import says_translated
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
_KEPT = _names("audio canvas code kbd math object pre samp script style svg template textarea tt var video")
_KEPT_BLOCKS = _names("pre script style textarea")
_ALONE = _names("br img input wbr")
_INLINE_OR_KEPT = _INLINE | _ALONE | (_KEPT - _KEPT_BLOCKS)
_SYNTAX = PassageSyntax()


def page_slots(source: bytes) -> Iterator[Slot[bytes]]:
    """The slots of a page that is well-formed XML. Raises MalformedFile if it is not."""
    passage = Passage(source, _SYNTAX)
    kept = 0  # open elements from a block that is kept
    inline: list[bool] = []  # for each open element, whether it is a part of the passage
    for event in xml_events(source):
        if event.kind is EventKind.START:
            says = says_translated(event.attributes)
            is_kept = event.name in _KEPT if says is None else not says
            if not (kept or passage.is_keeping or is_kept):
                yield from attribute_slots(source, event)
            is_inline = event.name in _INLINE_OR_KEPT or passage.is_keeping
            if kept or (is_kept and event.name in _KEPT_BLOCKS and not passage.is_keeping):
                kept += 1
            elif is_inline or is_kept:
                kind = CodeKind.BREAK if event.name == "br" else CodeKind.ALONE
                passage.start(event, kept=kind if is_kept or event.name in _ALONE else None)
                inline.append(True)
                continue
            if (slot := passage.slot()) is not None:
                yield slot
            passage = Passage(source, _SYNTAX)
            inline.append(False)
        elif event.kind is EventKind.END:
            if inline.pop():
                passage.end(event)
                continue
            kept -= kept > 0
            if (slot := passage.slot()) is not None:
                yield slot
            passage = Passage(source, _SYNTAX)
        elif not kept:
            passage.inside(event)


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
