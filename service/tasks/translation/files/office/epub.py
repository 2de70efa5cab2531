"""Reads electronic books (.epub): the pages in their order of reading, the table of contents, title and description.

Pages are XHTML. The language in the package and in the pages becomes that of the translation.
"""

import posixpath
from collections.abc import Iterator
from urllib.parse import unquote

from service.errors import MalformedFile
from service.tasks.translation.files.markup.page import page_slots
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.tags import escape_value, find_attribute
from service.tasks.translation.files.markup.xml_events import EventKind, decode_xml, xml_events
from service.tasks.translation.files.office.archive import Archive
from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.spliced import Slot, SplicedFile, TargetSlot

_XML = "http://www.w3.org/XML/1998/namespace"
_PAGE, _CONTENTS = "application/xhtml+xml", "application/x-dtbncx+xml"
_SYNTAX = PassageSyntax()


def read_epub(data: bytes) -> ArchiveFile:
    """Read a book. Raises MalformedFile, also if its content is encrypted."""
    archive = Archive(data)
    if archive.read("mimetype").strip() != b"application/epub+zip":
        raise MalformedFile("it is a ZIP archive of something else")
    if "META-INF/rights.xml" in archive.names:
        raise MalformedFile("its content is encrypted")
    package = _package_name(archive)
    content = archive.read(package)
    document = decode_xml(content)
    parts = []
    for name, kind in _pages(document.source, posixpath.dirname(package)):
        if name in archive.names:
            parts.append((name, _read_part(archive.read(name), kind)))
    slots = list(_element_slots(document.source, frozenset(["title", "description"])))
    targets = list(_language_slots(document.source))
    parts.append((package, SplicedFile(content, document.source, document.encode, slots, targets)))
    return ArchiveFile(data, archive, parts)


def _package_name(archive: Archive) -> str:
    for event in xml_events(decode_xml(archive.read("META-INF/container.xml")).source):
        if event.kind is EventKind.START and event.name == "rootfile":
            return event.attributes.get("full-path", "")
    raise MalformedFile("it names no package")


def _pages(source: bytes, folder: str) -> list[tuple[str, str]]:
    """The names and types of pages in their order of reading, then those of other pages and tables of contents."""
    items: dict[str, tuple[str, str]] = {}
    order = []
    for event in xml_events(source):
        if event.kind is EventKind.START and event.name == "item":
            kind = event.attributes.get("media-type", "")
            name = posixpath.normpath(posixpath.join(folder, unquote(event.attributes.get("href", ""))))
            if kind in (_PAGE, _CONTENTS):
                items[event.attributes.get("id", "")] = (name, kind)
        elif event.kind is EventKind.START and event.name == "itemref":
            order.append(event.attributes.get("idref", ""))
    return list(dict([items[each] for each in order if each in items] + list(items.values())).items())


def _read_part(content: bytes, kind: str) -> SplicedFile[bytes]:
    document = decode_xml(content)
    if kind == _CONTENTS:
        slots = list(_element_slots(document.source, frozenset(["text"])))
        return SplicedFile(content, document.source, document.encode, slots)
    slots = list(page_slots(document.source))
    return SplicedFile(content, document.source, document.encode, slots, list(_page_language(document.source)))


def _element_slots(source: bytes, names: frozenset[str]) -> Iterator[Slot[bytes]]:
    """The slots of the elements with these names, which have only text."""
    passage: Passage | None = None
    for event in xml_events(source):
        if event.kind is EventKind.START:
            passage = Passage(source, _SYNTAX) if event.name in names else None
        elif event.kind is EventKind.END:
            if passage is not None and (slot := passage.slot()) is not None:
                yield slot
            passage = None
        elif passage is not None:
            passage.inside(event)


def _language_slots(source: bytes) -> Iterator[TargetSlot[bytes]]:
    """The first language of the package."""
    is_language = False
    for event in xml_events(source):
        if event.kind is EventKind.START:
            is_language = event.name == "language"
        elif event.kind is EventKind.TEXT and is_language and event.text.strip():
            yield TargetSlot(event.begin, event.end, lambda target: escape_value(target))
            return


def _page_language(source: bytes) -> Iterator[TargetSlot[bytes]]:
    """The language in the tag of the page."""
    for event in xml_events(source):
        if event.kind is EventKind.START:
            tag = source[event.begin : event.end]
            for name in ("lang", "xml:lang"):
                if event.name == "html" and (place := find_attribute(tag, name)) is not None:
                    begin, end = event.begin + place[0], event.begin + place[1]
                    yield TargetSlot(begin, end, lambda target: escape_value(target))
            return
