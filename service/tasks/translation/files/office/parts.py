"""The parts of an Office Open XML package by what they are: the content types name them, not their file names."""

import re
from collections.abc import Callable, Sequence

from service.errors import MalformedFile
from service.tasks.translation.files.markup.xml_events import EventKind, decode_xml, xml_events
from service.tasks.translation.files.office.archive import Archive
from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.office.runs import RunVocabulary
from service.tasks.translation.files.spliced import Slot, SplicedFile

_DIGITS = re.compile(r"[0-9]+")
DRAWING = RunVocabulary(
    frozenset(["http://schemas.openxmlformats.org/drawingml/2006/main", "http://purl.oclc.org/ooxml/drawingml/main"]),
    has_space=False,
)
# Parts with paragraphs of drawings that every kind of document may have.
DRAWING_KINDS = ("drawingml.chart+xml", "drawingml.diagramData+xml", "drawingml.diagramDrawing+xml")


def package_parts(archive: Archive, main: Sequence[str]) -> list[tuple[str, str]]:
    """The names of the parts and the ends of their content types, sorted by names with their numbers.

    Raises MalformedFile if no part is of one of the ``main`` types.
    """
    found = []
    for event in xml_events(decode_xml(archive.read("[Content_Types].xml")).source):
        if event.kind is EventKind.START and event.name == "Override":
            name = event.attributes.get("PartName", "").removeprefix("/")
            kind = event.attributes.get("ContentType", "")
            if name in archive.names:
                found.append((name, kind))
    if not any(kind.endswith(each) for _, kind in found for each in main):
        raise MalformedFile("it is a ZIP archive of something else")
    return sorted(dict(found).items(), key=lambda part: _natural(part[0]))


def read_package(
    data: bytes,
    main: Sequence[str],
    kinds: Sequence[str],
    read: Callable[[bytes, str], list[Slot[bytes]]],
) -> ArchiveFile:
    """Read the parts whose content types end in one of ``kinds``, in the order of these. ``read`` returns their slots.

    Raises MalformedFile.
    """
    archive = Archive(data)
    parts = package_parts(archive, main)
    read_parts = []
    for kind in kinds:
        for name, content_type in parts:
            if content_type.endswith(kind):
                content = archive.read(name)
                document = decode_xml(content)
                slots = read(document.source, kind)
                read_parts.append((name, SplicedFile(content, document.source, document.encode, slots)))
    return ArchiveFile(data, archive, read_parts)


def _natural(name: str) -> list[str | int]:
    """Sorts slide10 after slide2."""
    texts = _DIGITS.split(name)
    numbers = [int(digits[-9:]) for digits in _DIGITS.findall(name)]
    return [each for pair in zip(texts, [*numbers, 0], strict=True) for each in pair]
