"""Reads presentations (.pptx): slides with their tables, notes, comments and charts. Layouts and masters are kept."""

from service.tasks.translation.files.office.archive_file import ArchiveFile
from service.tasks.translation.files.office.parts import DRAWING, DRAWING_KINDS, read_package
from service.tasks.translation.files.office.runs import run_slots

_MAIN = tuple(
    f"{each}.main+xml"
    for each in ("presentation", "slideshow", "presentation.macroEnabled", "slideshow.macroEnabled", "template")
)
_KINDS = ("presentationml.slide+xml", "presentationml.notesSlide+xml", "powerpoint.comments+xml", *DRAWING_KINDS)


def read_pptx(data: bytes) -> ArchiveFile:
    """Read a presentation. Raises MalformedFile."""
    return read_package(data, _MAIN, _KINDS, lambda source, _: list(run_slots(source, DRAWING)))
