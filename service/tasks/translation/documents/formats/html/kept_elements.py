"""Kept elements of HTML in text whose tags need not be whole: a line of plain text, or a paragraph of Markdown."""

import re

from service.tasks.translation.documents.formats.html.comments import tag_end
from service.tasks.translation.documents.formats.html.elements import RAW, VOID, raw_end
from service.tasks.translation.documents.formats.html.kept import Keeps, Piece, kept_pieces
from service.tasks.translation.documents.formats.html.tags import TAG

_WINDOW = 1000  # characters that are read for the end of an element, then twice as many, and so on
_END_TAG = re.compile(r"</([a-zA-Z][^\s/>]*+)\s*+>")


class KeptElements:
    """Finds the kept elements of ``text``, each in time that is linear in its length.

    An element that does not end in the text is none, and its tag stands alone. One with too few end tags of its name
    extends to the last of them.
    """

    def __init__(self, text: str, keeps: Keeps) -> None:
        self._text = text
        self._keeps = keeps
        self._ends: dict[str, int] | None = None  # name of an element -> the end of its last end tag
        self._cdata_end = -1

    def pieces(self, begin: int) -> list[Piece]:
        """The pieces of the kept element that begins at ``begin``; none if there is none."""
        tag = TAG.match(self._text, begin)
        if tag is None or tag["close"] or (name := tag["name"].lower()) in VOID or not self._keeps(tag):
            return []
        if self._ends is None:
            self._ends = {match[1].lower(): match.end() for match in _END_TAG.finditer(self._text)}
            self._cdata_end = self._text.rfind("]]>")
        if (end := self._ends.get(name, 0)) < tag.end():
            return []
        if name in RAW:
            return [(begin, tag_end(self._text, raw_end(self._text, tag.end(), name)), True)]
        length = tag.end() - begin + _WINDOW
        while True:
            text = self._text[begin : min(begin + length, end)]
            tag = TAG.match(text)
            assert tag is not None
            pieces = kept_pieces(text, tag, self._cdata_end - begin, self._keeps)
            if pieces[-1][1] < len(text) or begin + length >= end:
                return [(begin + first, begin + last, is_kept) for first, last, is_kept in pieces]
            length *= 2
