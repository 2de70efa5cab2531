"""Reads HTML pages: the page is one text, with the attributes that it shows to people.

The encoding is that of a byte order mark or of ``<meta charset>``. The language in the tag of the page becomes that of
the translation.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.formats.html.reader import read_html
from service.tasks.translation.documents.formats.html.tags import TAG, read_attributes
from service.tasks.translation.files.encoding import DecodedText, decode, find_codec
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.markup.tags import escape_value

_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class HtmlFile:
    """A page, as its bytes and as text."""

    data: bytes
    decoded: DecodedText

    @property
    def texts(self) -> Sequence[FileText]:
        return (FileText(self.decoded.text, "html"),)

    def write(self, translations: Sequence[str], *, target: str) -> bytes:
        (page,) = translations
        if page == self.decoded.text:
            return self.data
        if (place := _language(page)) is not None:
            page = f'{page[: place[0]]}"{escape_value(target).decode()}"{page[place[1] :]}'
        return self.decoded.encode(page)


def read_html_file(data: bytes) -> HtmlFile:
    """Read a page. Raises MalformedFile for an encoding that it is not in."""
    declared = _CHARSET.search(data[:2048])
    codec = find_codec(declared[1].decode()) if declared else "utf-8"
    if codec.startswith("utf-16"):  # as the standard says: the declaration could not be read if it were right
        codec = "utf-8"
    if codec in ("iso8859-1", "ascii"):  # what browsers read them as
        codec = "cp1252"
    return HtmlFile(data, decode(data, codec, errors="xmlcharrefreplace"))


def _language(page: str) -> tuple[int, int] | None:
    """The place of the language in the tag of the page, with its quotes; None if it names none."""
    position = 0
    for fragment in read_html(page):
        if fragment.name == "html" and (tag := TAG.fullmatch(fragment.source)) is not None and not tag["close"]:
            language = read_attributes(tag).get("lang")
            return None if language is None else (position + language.begin, position + language.end)
        position += len(fragment.source)
    return None
