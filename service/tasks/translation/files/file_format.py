"""What a format of files is: it reads bytes as texts to translate, and writes the bytes with their translations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from service.tasks.translation.documents.formats.format import Format


@dataclass(frozen=True, slots=True)
class FileText:
    """One text of a file: a message, a subtitle, a paragraph, a cell.

    ``format`` says what its markup is. ``context`` helps the model, such as the comment of a catalogue's message.
    """

    text: str
    format: Format = "text"
    context: str = ""


class ParsedFile(Protocol):
    """A file that was read.

    Invariant: ``write`` with the texts themselves returns the bytes that the file was read from.
    """

    @property
    def texts(self) -> Sequence[FileText]:
        """The texts to translate, in the order in which a reader meets them."""

    def write(self, translations: Sequence[str], *, target: str) -> bytes:
        """The file with one translation in the place of each text, unchanged ones byte for byte.

        ``target`` is the BCP-47 code of their language, for formats that name it.
        """


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A row of the table of formats. ``extensions`` have no dot and are in lower case.

    ``read`` raises MalformedFile for bytes that are not a file of this format, and for one whose parts are larger than
    a file of its size should be.
    """

    name: str
    extensions: tuple[str, ...]
    media_type: str
    read: Callable[[bytes], ParsedFile]
