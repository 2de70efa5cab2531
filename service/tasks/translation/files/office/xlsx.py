"""Reads workbooks (.xlsx): strings of cells, comments, text boxes and charts.

Numbers, formulas and their results, names of sheets and names of columns of tables are kept, since formulas refer to
them. A string that is the name of a column is kept in every cell.
"""

from service.tasks.translation.files.markup.xml_events import EventKind, decode_xml, xml_events
from service.tasks.translation.files.office.archive import Archive
from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.office.parts import DRAWING, DRAWING_KINDS, package_parts, read_package
from service.tasks.translation.files.office.runs import RunVocabulary, run_slots
from service.tasks.translation.files.spliced import Slot

_SHEET = RunVocabulary(
    frozenset(
        ["http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"]
    ),
    paragraphs=frozenset(["si", "is", "text"]),  # shared, inline, and of a comment
    has_lines=True,
)
_MAIN = tuple(f"{each}.main+xml" for each in ("sheet", "template", "sheet.macroEnabled", "template.macroEnabled"))
_KINDS = (
    "spreadsheetml.sharedStrings+xml",
    "spreadsheetml.worksheet+xml",
    "spreadsheetml.comments+xml",
    "drawing+xml",
    *DRAWING_KINDS,
)


def read_xlsx(data: bytes) -> ArchiveFile:
    """Read a workbook. Raises MalformedFile."""
    names = _column_names(Archive(data))

    def read(source: bytes, kind: str) -> list[Slot[bytes]]:
        if "worksheet" in kind and b"is>" not in source and b"is " not in source:  # no strings in the cells
            return []
        return [slot for slot in run_slots(source, _SHEET, DRAWING) if slot.text.text not in names]

    return read_package(data, _MAIN, _KINDS, read)


def _column_names(archive: Archive) -> frozenset[str]:
    names = set()
    for name, kind in package_parts(archive, _MAIN):
        if kind.endswith("spreadsheetml.table+xml"):
            for event in xml_events(decode_xml(archive.read(name)).source):
                if event.kind is EventKind.START and event.name == "tableColumn":
                    names.add(event.attributes.get("name", "").replace("_x000a_", "\n"))
    return frozenset(names)
