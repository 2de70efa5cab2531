"""The table of file formats."""

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePath

from service.errors import InvalidOption, UnknownFileFormat
from service.tasks.translation.files.catalogues.android import read_android
from service.tasks.translation.files.catalogues.apple_strings import read_apple_strings
from service.tasks.translation.files.catalogues.csv_columns import read_csv
from service.tasks.translation.files.catalogues.gettext import read_gettext
from service.tasks.translation.files.catalogues.json_messages import read_json
from service.tasks.translation.files.catalogues.properties import read_properties
from service.tasks.translation.files.catalogues.stringsdict import read_stringsdict
from service.tasks.translation.files.catalogues.xliff import read_xliff
from service.tasks.translation.files.catalogues.yaml_messages import read_yaml
from service.tasks.translation.files.file_format import FileFormat
from service.tasks.translation.files.markup.html_file import read_html_file
from service.tasks.translation.files.office.docx import read_docx
from service.tasks.translation.files.office.epub import read_epub
from service.tasks.translation.files.office.odt import read_odt
from service.tasks.translation.files.office.pptx import read_pptx
from service.tasks.translation.files.office.xlsx import read_xlsx
from service.tasks.translation.files.plain import read_plain
from service.tasks.translation.files.subtitles.subrip import read_subrip
from service.tasks.translation.files.subtitles.webvtt import read_webvtt

_OFFICE = "application/vnd.openxmlformats-officedocument"
FILE_FORMATS: tuple[FileFormat, ...] = (
    FileFormat("text", ("txt", "text"), "text/plain", partial(read_plain, format="text")),
    FileFormat("markdown", ("md", "markdown"), "text/markdown", partial(read_plain, format="markdown")),
    FileFormat("html", ("html", "htm", "xhtml"), "text/html", read_html_file),
    FileFormat("xml", ("xml",), "application/xml", partial(read_plain, format="xml")),
    FileFormat("subrip", ("srt",), "application/x-subrip", read_subrip),
    FileFormat("webvtt", ("vtt",), "text/vtt", read_webvtt),
    FileFormat("gettext", ("po", "pot"), "text/x-gettext-translation", read_gettext),
    FileFormat("json", ("json", "arb"), "application/json", read_json),
    FileFormat("yaml", ("yaml", "yml"), "application/yaml", read_yaml),
    FileFormat("xliff", ("xlf", "xliff"), "application/xliff+xml", read_xliff),
    FileFormat("android", (), "application/xml", read_android),
    FileFormat("stringsdict", ("stringsdict",), "application/xml", read_stringsdict),
    FileFormat("apple_strings", ("strings",), "text/plain", read_apple_strings),
    FileFormat("properties", ("properties",), "text/x-java-properties", read_properties),
    FileFormat("csv", ("csv", "tsv"), "text/csv", read_csv),
    FileFormat("docx", ("docx", "docm", "dotx"), f"{_OFFICE}.wordprocessingml.document", read_docx),
    FileFormat("pptx", ("pptx", "pptm", "ppsx"), f"{_OFFICE}.presentationml.presentation", read_pptx),
    FileFormat("xlsx", ("xlsx", "xlsm", "xltx"), f"{_OFFICE}.spreadsheetml.sheet", read_xlsx),
    FileFormat("odt", ("odt", "ott"), "application/vnd.oasis.opendocument.text", read_odt),
    FileFormat("epub", ("epub",), "application/epub+zip", read_epub),
)
_SUBTITLES = {"subrip": read_subrip, "webvtt": read_webvtt}
_BY_EXTENSION = {extension: each for each in FILE_FORMATS for extension in each.extensions}
_BY_NAME = {each.name: each for each in FILE_FORMATS}
_ANDROID = re.compile(r"(strings|arrays|plurals)\.xml", re.IGNORECASE)  # the names that such files have in projects


def find_file_format(
    filename: str, name: str | None = None, *, columns: Sequence[str] = (), encoding: str | None = None
) -> FileFormat:
    """The format with this name or, without a name, the one of the file name's extension.

    ``strings.xml`` is Android's. ``columns`` are those of a table that are translated, by name or by number from 1;
    other formats have none. ``encoding`` is that of subtitles.

    Raises UnknownFileFormat, and InvalidOption for the encoding of a file that says it itself.
    """
    if name is None and _ANDROID.fullmatch(PurePath(filename).name):
        name = "android"
    extension = PurePath(filename).suffix.lower().lstrip(".")
    found = _BY_EXTENSION.get(extension) if name is None else _BY_NAME.get(name)
    if found is None:
        raise UnknownFileFormat(sorted(_BY_NAME))
    if encoding is not None:
        if found.name not in _SUBTITLES:
            raise InvalidOption("only subtitles are read in another encoding", param="encoding")
        return replace(found, read=partial(_SUBTITLES[found.name], encoding=encoding))
    return replace(found, read=partial(read_csv, columns=columns)) if columns and found.read is read_csv else found
