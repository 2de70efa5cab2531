"""Reads Word documents (.docx): body, text boxes, headers, footers, notes, comments and charts."""

from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.office.parts import DRAWING, DRAWING_KINDS, read_package
from service.tasks.translation.files.office.runs import RunVocabulary, run_slots

_WORD = RunVocabulary(
    frozenset(
        [
            "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            "http://purl.oclc.org/ooxml/wordprocessingml/main",
        ]
    ),
    containers=frozenset(["hyperlink", "ins", "moveTo", "smartTag", "customXml", "sdt", "sdtContent", "bdo", "dir"]),
)
_MAIN = tuple(
    f"{each}.main+xml"
    for each in (
        "document",
        "template",
        "document.macroEnabled",
        "macroEnabledTemplate",
        "template.macroEnabledTemplate",
    )
)
_OTHERS = tuple(f"wordprocessingml.{each}+xml" for each in ("header", "footer", "footnotes", "endnotes", "comments"))


def read_docx(data: bytes) -> ArchiveFile:
    """Read a document. Raises MalformedFile."""
    return read_package(
        data, _MAIN, (*_MAIN, *_OTHERS, *DRAWING_KINDS), lambda source, _: list(run_slots(source, _WORD, DRAWING))
    )
