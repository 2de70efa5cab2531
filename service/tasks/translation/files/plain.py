"""Files that are one text: plain text, Markdown, HTML and XML in UTF-8."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import MalformedFile
from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.files.file_format import FileText


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file with one text, and the byte order mark that it may begin with."""

    mark: bytes
    text: str
    format: Format

    @property
    def texts(self) -> Sequence[FileText]:
        return (FileText(self.text, self.format),)

    def write(self, translations: Sequence[str], *, target: str) -> bytes:
        (translation,) = translations
        return self.mark + translation.encode()


def read_plain(data: bytes, format: Format) -> PlainFile:
    """Read a whole file as one text. Raises MalformedFile if it is not UTF-8."""
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        return PlainFile(mark, data.removeprefix(mark).decode(), format)
    except UnicodeDecodeError as error:
        raise MalformedFile(f"it is not UTF-8 at byte {error.start + len(mark)}") from None
