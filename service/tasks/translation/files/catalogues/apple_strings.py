"""Reads Apple's ``.strings``: pairs ``"key" = "value";`` with comments, in UTF-8 or UTF-16."""

import re

from service.errors import MalformedFile
from service.tasks.translation.files.catalogues.c_escapes import escape, unescape
from service.tasks.translation.files.encoding import decode
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile

_TOKEN = re.compile(
    r"""(?P<space>\s++)|(?P<comment>/\*.*?\*/|//[^\r\n]*+)|(?P<word>"(?:[^"\\]|\\.)*+"|[\w.$:/-]++)|(?P<sign>[=;])""",
    re.DOTALL | re.VERBOSE,
)


def read_apple_strings(data: bytes) -> SplicedFile[str]:
    """Read strings. Raises MalformedFile, with the line where the file is not a list of pairs."""
    decoded = decode(data, _codec(data))
    source = decoded.text
    slots: list[Slot[str]] = []
    comment, position = "", 0
    pair: list[re.Match[str]] = []
    while position < len(source):
        match = _TOKEN.match(source, position)
        if match is None:
            raise _malformed(source, position)
        position = match.end()
        if match["comment"] is not None:
            comment = match[0].strip("/* \t\r\n") if not pair else comment
        elif match["space"] is None:
            pair.append(match)
            if match["sign"] != ";":
                continue
            kinds = ["=" if each["sign"] == "=" else "word" if each["word"] else ";" for each in pair]
            if kinds == ["word", "=", "word", ";"]:
                value = pair[2]
                text = unescape(value[0][1:-1])
                if value[0].startswith('"') and has_words(text):
                    slots.append(Slot(*value.span(), FileText(text, context=comment), _write))
            elif kinds != ["word", ";"]:
                raise _malformed(source, match.start())
            pair, comment = [], ""
    if pair:
        raise _malformed(source, pair[0].start())
    return SplicedFile(data, source, decoded.encode, slots)


def _write(translation: str, _: Render[str]) -> str:
    return f'"{escape(translation)}"'


def _codec(data: bytes) -> str:
    """UTF-16 without a mark shows in the zero bytes of its ASCII characters."""
    if data[:2].count(0) == 1:
        return "utf-16-be" if data[0] == 0 else "utf-16-le"
    return "utf-8"


def _malformed(source: str, position: int) -> MalformedFile:
    return MalformedFile(f'line {source.count(chr(10), 0, position) + 1} is not a pair "key" = "value";')
