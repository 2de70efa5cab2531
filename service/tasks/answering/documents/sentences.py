"""The sentence around a span."""

import re

END_OF_SENTENCE = re.compile(r"[.!?]+\s|[。！？]|\n")
_MAX_DISTANCE = 400  # characters of a sentence on each side of a span, at most


def sentence(text: str, start: int, end: int) -> str:
    """The sentence, or the sentences, that hold the span from ``start`` to ``end``."""
    first, last = sentence_bounds(text, start, end)
    return text[first:last]


def sentence_bounds(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of the sentence that holds a span, without white space at its ends."""
    first = max(start - _MAX_DISTANCE, 0)
    first = max((match.end() for match in END_OF_SENTENCE.finditer(text, first, start)), default=first)
    following = END_OF_SENTENCE.search(text, end, end + _MAX_DISTANCE)
    last = following.end() if following else min(end + _MAX_DISTANCE, len(text))
    before = text[first:start]
    return first + len(before) - len(before.lstrip()), end + len(text[end:last].rstrip())
