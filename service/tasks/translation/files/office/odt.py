"""Reads OpenDocument texts (.odt): paragraphs and headings of the body, tables, notes, frames, headers and footers.

LibreOffice marks where a sitting of editing began by spans whose style says nothing else; these are no formatting.
"""

import re
from collections.abc import Iterator

from service.errors import MalformedFile
from service.tasks.translation.files.inline import CodeKind
from service.tasks.translation.files.markup.passage import Passage, PassageSyntax
from service.tasks.translation.files.markup.xml_events import EventKind, XmlEvent, decode_xml, xml_events
from service.tasks.translation.files.office.archive import Archive
from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.spliced import Slot, SplicedFile

_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_STYLE = "urn:oasis:names:tc:opendocument:xmlns:style:1.0"
_OFFICE_EXTENSION = "http://openoffice.org/2009/office"
_TYPE = re.compile(rb"application/vnd\.oasis\.opendocument\.text(-template)?\s*")
_WITH_TEXT = frozenset(["span", "a", "meta", "meta-field"])
_SYNTAX = PassageSyntax()


def read_odt(data: bytes) -> ArchiveFile:
    """Read a document. Raises MalformedFile."""
    archive = Archive(data)
    if not _TYPE.fullmatch(archive.read("mimetype")):
        raise MalformedFile("it is a ZIP archive of something else")
    parts = []
    for name in ("content.xml", "styles.xml"):
        if name == "content.xml" or name in archive.names:
            content = archive.read(name)
            document = decode_xml(content)
            slots = list(_slots(document.source))
            parts.append((name, SplicedFile(content, document.source, document.encode, slots)))
    return ArchiveFile(data, archive, parts)


def _slots(source: bytes) -> Iterator[Slot[bytes]]:
    passages: list[Passage] = []
    depths: list[int] = []  # of the open elements in each passage
    bare = _bare_styles(source)
    for event in xml_events(source):
        if event.kind is EventKind.START and event.space == _TEXT and event.name in ("p", "h"):
            passages.append(Passage(source, _SYNTAX))
            depths.append(0)
        elif not passages:
            continue
        elif event.kind is EventKind.START:
            depths[-1] += 1
            has_text = event.space == _TEXT and event.name in _WITH_TEXT
            kind = CodeKind.BREAK if event.name == "line-break" else CodeKind.ALONE
            is_bare = event.name == "span" and event.attributes.get(f"{_TEXT} style-name") in bare
            passages[-1].start(event, kept=None if has_text else kind, is_bare=is_bare)
        elif event.kind is not EventKind.END:
            passages[-1].inside(event)
        elif depths[-1]:
            depths[-1] -= 1
            passages[-1].end(event)
        else:
            depths.pop()
            if (slot := passages.pop().slot()) is not None:
                yield slot


def _bare_styles(source: bytes) -> frozenset[str]:
    """The names of styles of words that only mark a sitting of editing."""
    names: dict[str, bool] = {}
    style: XmlEvent | None = None
    for event in xml_events(source):
        if event.kind is EventKind.START and event.space == _STYLE and event.name == "style":
            style = event if event.attributes.get(f"{_STYLE} family") == "text" else None
            if style is not None:
                inherits = f"{_STYLE} parent-style-name" in style.attributes
                names[style.attributes.get(f"{_STYLE} name", "")] = not inherits
        elif event.kind is EventKind.END and event.space == _STYLE and event.name == "style":
            style = None
        elif event.kind is EventKind.START and style is not None:
            is_bare = all(name.startswith(_OFFICE_EXTENSION) for name in event.attributes)
            name = style.attributes.get(f"{_STYLE} name", "")
            names[name] = names[name] and is_bare
        elif event.name == "body":
            break
    return frozenset(name for name, is_bare in names.items() if is_bare)
