"""Reads SubRip (.srt). No standard describes it; the rules are those of the srt package, which is lenient.

A cue begins with a line of times. The number before it is optional. Its text ends before the next cue, so it may hold
empty lines.
"""

import re

from service.errors import MalformedFile
from service.tasks.translation.files.spliced import Slot, SplicedFile
from service.tasks.translation.files.subtitles.cue import CueSyntax, cue_slots
from service.tasks.translation.files.subtitles.encoding import decode_subtitles

_TIME = r"-?[0-9]{1,4}:[0-9]{1,2}:[0-9]{1,2}(?:[,.:][0-9]{1,6})?"
_CUE = re.compile(
    rf"^(?:[ \t]*+[0-9]{{1,9}}[ \t]*+(?:\r\n|\n|\r))?[ \t]*+{_TIME}[ \t]*+-->[ \t]*+{_TIME}[^\r\n]*+(?:\r\n|\n|\r|\Z)",
    re.MULTILINE,
)
_SYNTAX = CueSyntax(
    # Tags of players, and those of ASS and MicroDVD in braces. Other angle brackets are text.
    re.compile(
        r"<(?P<close>/)?(?P<open>(?:b|i|u|s|c|v|font|lang|ruby|rt|span)(?=[\s.>/]))[^<>\r\n]{0,500}>"
        r"|\{\\[^{}\r\n]{0,500}\}|\{/?[a-zA-Z](?::[^{}\r\n]{1,100})?\}",
        re.IGNORECASE,
    ),
    decode=lambda text: text,
    encode=lambda text: text.replace("-->", "→"),  # only a line of times may have the arrow
)


def read_subrip(data: bytes, encoding: str | None = None) -> SplicedFile[str]:
    """Read subtitles in this ``encoding``. Raises MalformedFile if there are no cues, or it is in another one."""
    decoded = decode_subtitles(data, encoding)
    source = decoded.text
    cues = list(_CUE.finditer(source))
    if not cues and source.strip():
        raise MalformedFile("it has no line of times as in 00:00:01,000 --> 00:00:02,000")
    slots: list[Slot[str]] = []
    for index, cue in enumerate(cues):
        end = cues[index + 1].start() if index + 1 < len(cues) else len(source)
        begin = cue.end()
        text = source[begin:end]
        if text.strip():
            slots += cue_slots(source, begin, begin + len(text.rstrip()), _SYNTAX)
    return SplicedFile(data, source, decoded.encode, slots)
