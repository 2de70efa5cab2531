"""The table of file formats."""

from functools import partial
from pathlib import PurePath

from service.errors import UnknownFileFormat
from service.tasks.translation.files.file_format import FileFormat
from service.tasks.translation.files.plain import read_plain
from service.tasks.translation.files.subtitles.subrip import read_subrip
from service.tasks.translation.files.subtitles.webvtt import read_webvtt

FILE_FORMATS: tuple[FileFormat, ...] = (
    FileFormat("text", ("txt", "text"), "text/plain", partial(read_plain, format="text")),
    FileFormat("markdown", ("md", "markdown"), "text/markdown", partial(read_plain, format="markdown")),
    FileFormat("html", ("html", "htm", "xhtml"), "text/html", partial(read_plain, format="html")),
    FileFormat("xml", ("xml",), "application/xml", partial(read_plain, format="xml")),
    FileFormat("subrip", ("srt",), "application/x-subrip", read_subrip),
    FileFormat("webvtt", ("vtt",), "text/vtt", read_webvtt),
)
_BY_EXTENSION = {extension: each for each in FILE_FORMATS for extension in each.extensions}
_BY_NAME = {each.name: each for each in FILE_FORMATS}


def find_file_format(filename: str, name: str | None = None) -> FileFormat:
    """The format with this name or, without a name, the one of the file name's extension. Raises UnknownFileFormat."""
    extension = PurePath(filename).suffix.lower().lstrip(".")
    found = _BY_EXTENSION.get(extension) if name is None else _BY_NAME.get(name)
    if found is None:
        raise UnknownFileFormat(name or extension or filename, sorted(_BY_NAME))
    return found
