"""Reads WebVTT (.vtt), as the W3C describes it: blocks between empty lines. Notes, styles and regions are kept."""

import html
import re

from service.errors import MalformedFile
from service.tasks.translation.files.spliced import Slot, SplicedFile
from service.tasks.translation.files.subtitles.cue import LINE_BREAK, CueSyntax, cue_slots
from service.tasks.translation.files.subtitles.encoding import decode_subtitles

_TIMES = re.compile(r"[ \t]*+(?:[0-9]{2,}+:)?[0-9]{2}:[0-9]{2}\.[0-9]{3}[ \t]*+-->")
_SYNTAX = CueSyntax(
    # <v Roger>, <c.yellow>, </i>, and the times of karaoke. A tag may stretch over lines, but no text looks like that.
    re.compile(r"<(?:(?P<close>/)|(?P<open>[a-z])|[0-9])[^<>\r\n]{0,500}>"),
    decode=html.unescape,
    encode=lambda text: html.escape(text, quote=False),
)


def read_webvtt(data: bytes, encoding: str | None = None) -> SplicedFile[str]:
    """Read subtitles in this ``encoding``. A changed file is in UTF-8, as the standard says, or in UTF-16 if it was.

    Raises MalformedFile if it does not begin with ``WEBVTT``, or is in another encoding.
    """
    decoded = decode_subtitles(data, encoding)
    source = decoded.text
    if re.match(r"WEBVTT(?=[ \t\r\n]|\Z)", source) is None:
        raise MalformedFile("it does not begin with WEBVTT")
    slots: list[Slot[str]] = []
    begin: int | None = None  # where the text of the cue begins
    end = position = 0
    for match in [*LINE_BREAK.finditer(source), None]:
        line_end = match.start() if match else len(source)
        line = source[position:line_end]
        if begin is None:
            if _TIMES.match(line):
                begin = end = match.end() if match else len(source)
        elif not line.strip():
            slots += cue_slots(source, begin, end, _SYNTAX)
            begin = None
        else:
            end = line_end
        position = match.end() if match else len(source)
    if begin is not None and begin < end:
        slots += cue_slots(source, begin, end, _SYNTAX)
    encode = decoded.encode if decoded.mark else str.encode
    return SplicedFile(data, source, encode, slots)
