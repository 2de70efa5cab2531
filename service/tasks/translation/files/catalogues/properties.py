r"""Reads Java's ``.properties``.

They were Latin-1 with ``\u`` escapes, and are UTF-8 since Java 9. So one that is UTF-8 is read as UTF-8, and any other
as Latin-1; a file in ASCII stays in ASCII. In a message with ``{0}``, MessageFormat wants each apostrophe twice.
"""

import re
from collections.abc import Callable

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import decode
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile

_PROPERTY = re.compile(
    r"""[ \t\f]*+(?:
        (?P<comment>[\#!][^\r\n]*+)
      | (?P<key>(?:[^\s:=\\\#!]|\\(?:\r\n|[\s\S]))(?:[^\s:=\\]|\\(?:\r\n|[\s\S]))*+)?+
        [ \t\f]*+[:=]?+[ \t\f]*+(?P<value>(?:[^\\\r\n]|\\(?:\r\n|[\s\S]|\Z))*+)
    )(?:\r\n|\n|\r|\Z)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(?:(?:\r\n|\n|\r)[ \t\f]*+|u([0-9a-fA-F]{4})|([\s\S])|\Z)")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]")
_CHARACTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_ESCAPES = str.maketrans({"\\": "\\\\", **{char: f"\\{letter}" for letter, char in _CHARACTERS.items()}})
_ARGUMENT = re.compile(r"\{[0-9]")
_QUOTED_SIGN = re.compile("('#+')")
_BESIDE_SIGN = re.compile("'#|#'")  # an apostrophe of the text that would be taken for one that quotes


def read_properties(data: bytes) -> SplicedFile[str]:
    r"""Read properties. Raises MalformedFile for a ``\u`` without four digits."""
    decoded = decode(data, "utf-8", "latin-1")
    source = decoded.text
    wide = 0xFF if decoded.codec == "latin-1" else 0x10FFFF
    limit = 0x7F if source.isascii() else wide  # characters up to here stand as they are
    slots: list[Slot[str]] = []
    position, comment = 0, ""
    while position < len(source) and (match := _PROPERTY.match(source, position)) is not None:
        position = match.end()
        if match["comment"] is not None:
            comment = match["comment"][1:].strip()
            continue
        text = _unescape(match["value"])
        plain = text.replace("''", "'")
        is_pattern = bool(
            _ARGUMENT.search(text) and "'" not in text.replace("''", "") and not _BESIDE_SIGN.search(plain)
        )
        text = plain if is_pattern else text
        if has_words(text):
            slots.append(Slot(*match.span("value"), FileText(text, context=comment), _writer(is_pattern, limit)))
        comment = ""
    return SplicedFile(data, source, decoded.encode, slots)


def _unescape(value: str) -> str:
    def character(match: re.Match[str]) -> str:
        digits, other = match.groups()
        if digits:
            return chr(int(digits, 16))
        if other == "u":
            raise MalformedFile("an escape \\u does not have four digits")
        return _CHARACTERS.get(other, other) if other else ""

    text = _ESCAPE.sub(character, value)
    return _SURROGATES.sub(lambda pair: pair[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le"), text)


def _double(text: str) -> str:
    """``text`` with each apostrophe twice, apart from those that quote a ``#`` in a plural form."""
    parts = _QUOTED_SIGN.split(text)
    parts[::2] = [part.replace("''", "'").replace("'", "''") for part in parts[::2]]
    return "".join(parts)


def _writer(is_pattern: bool, limit: int) -> Callable[[str, Render[str]], str]:
    def write(translation: str, _: Render[str]) -> str:
        value = _double(translation) if is_pattern else translation
        value = value.translate(_ESCAPES)
        value = f"\\{value}" if value.startswith(" ") else value
        return "".join(char if ord(char) <= limit else _escape(char) for char in value)

    return write


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))
