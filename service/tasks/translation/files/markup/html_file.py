"""Reads HTML pages: the page is one text, and what attributes show to people (``alt``, ``title``) are further ones.

A token stands for the value of each attribute while the page is translated, since sentences may move their tags. The
encoding is that of a byte order mark or of ``<meta charset>``. The language in the tag of the page becomes that of the
translation.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.formats.html import read_html
from service.tasks.translation.files.encoding import DecodedText, decode, find_codec
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words

_CHARSET = re.compile(rb"<meta[^>]{1,200}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=/<>"']++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_SHOWN = frozenset(["alt", "title", "placeholder", "aria-label"])
_DESCRIPTIONS = frozenset(["description", "og:title", "og:description", "twitter:title", "twitter:description"])


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of an attribute, and its place. ``text`` is None for the language of the page."""

    begin: int
    end: int
    text: str | None


class HtmlFile:
    """A page and the values of its attributes."""

    def __init__(self, data: bytes, decoded: DecodedText) -> None:
        self._data = data
        self._decoded = decoded
        source = decoded.text
        self._values = list(_values(source))
        name = "trivium-0"
        while name in source:
            name = f"trivium-{int(name[8:]) + 1}"
        self._token = re.compile(re.escape(name) + r"-([0-9]{1,9})-")
        parts, position = [], 0
        for number, value in enumerate(self._values):
            parts += [source[position : value.begin], f"{name}-{number}-"]
            position = value.end
        self._page = "".join([*parts, source[position:]])

    @property
    def texts(self) -> Sequence[FileText]:
        values = [FileText(value.text) for value in self._values if value.text is not None]
        return [FileText(self._page, "html"), *values]

    def write(self, translations: Sequence[str], *, target: str) -> bytes:
        if [text.text for text in self.texts] == list(translations):
            return self._data
        page, *rest = translations
        values = iter(rest)
        written = []
        for value in self._values:
            text = target if value.text is None else next(values)
            raw = self._decoded.text[value.begin : value.end]
            written.append(raw if text == value.text else html.escape(text))
        # A translation may hold what looks like a token.
        return self._decoded.encode(
            self._token.sub(lambda match: written[number] if (number := int(match[1])) < len(written) else "", page)
        )


def read_html_file(data: bytes) -> HtmlFile:
    """Read a page. Raises MalformedFile for an encoding that it is not in."""
    declared = _CHARSET.search(data[:2048])
    codec = find_codec(declared[1].decode()) if declared else "utf-8"
    if codec.startswith("utf-16"):  # as the standard says: the declaration could not be read if it were right
        codec = "utf-8"
    if codec in ("iso8859-1", "ascii"):  # what browsers read them as
        codec = "cp1252"
    return HtmlFile(data, decode(data, codec, errors="xmlcharrefreplace"))


def _values(source: str) -> Iterator[_Value]:
    """The values that people see or hear, in the order of their places, and the language of the page."""
    position = 0
    for fragment in read_html(source):
        begin, position = position, position + len(fragment.source)
        if not fragment.name or fragment.source.startswith("</"):  # text, or an element that is kept as a whole
            continue
        attributes = list(_ATTRIBUTE.finditer(fragment.source))
        values = {each[1].lower(): each[2] or each[3] or "" for each in attributes}
        what = values.get("name", values.get("property", "")).lower() if fragment.name == "meta" else ""
        for each in attributes:
            name = each[1].lower()
            span = each.span(2 if each[2] is not None else 3)
            is_shown = name in _SHOWN or (name == "content" and what in _DESCRIPTIONS)
            text = html.unescape(source[begin + span[0] : begin + span[1]])
            if name == "lang" and fragment.name == "html":
                yield _Value(begin + span[0], begin + span[1], None)
            elif is_shown and has_words(text):
                yield _Value(begin + span[0], begin + span[1], text)
