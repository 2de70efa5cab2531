"""The places at which a span may begin or end: at words, and between characters in scripts that do not separate words.

The words are those of Unicode (UAX 29), so ideographs, kana and Thai letters are words of their own. Spans never divide
what a person sees as one character, such as a letter with its accents or an emoji of several code points.
"""

import regex

_WORD_BOUNDARY = regex.compile(r"(?w)\b")
_CHARACTER = regex.compile(r"\X")


def boundaries(text: str) -> tuple[list[int], list[int]]:
    """Offsets at which spans may begin and offsets at which they may end, both ascending.

    No span begins or ends with white space.
    """
    between_characters = {match.end() for match in _CHARACTER.finditer(text)} | {0}
    offsets = [match.start() for match in _WORD_BOUNDARY.finditer(text) if match.start() in between_characters]
    starts = [offset for offset in offsets if offset < len(text) and not text[offset].isspace()]
    ends = [offset for offset in offsets if offset > 0 and not text[offset - 1].isspace()]
    return starts, ends
