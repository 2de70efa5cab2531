"""Where a span of a text may begin and end: at words, and where words are not set apart, at characters.

The words are those of Unicode (UAX 29), so ideographs, kana and Thai letters are words of their own; what a reader sees
as one character, such as a letter with its accents or a family of emoji, is never divided.
"""

import regex

_WORD = regex.compile(r"(?w)\b")
_CHARACTER = regex.compile(r"\X")


def boundaries(text: str) -> tuple[list[int], list[int]]:
    """Offsets at which spans may begin, and offsets at which they may end, both ascending: never beside white space."""
    whole = {match.end() for match in _CHARACTER.finditer(text)} | {0}
    words = [match.start() for match in _WORD.finditer(text) if match.start() in whole]
    starts = [at for at in words if at < len(text) and not text[at].isspace()]
    ends = [at for at in words if at > 0 and not text[at - 1].isspace()]
    return starts, ends
