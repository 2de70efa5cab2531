"""The text of an HTML document, and where each of its characters stands in the document.

Tags, comments and what readers do not see are left out, references such as ``&eacute;`` become characters, white space
is joined, and block elements begin a new line. The scanner looks at each character a bounded number of times, whatever
the document is: well-kept HTML parsers tell no offsets, or take quadratic time for malformed input.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

_PIECE = re.compile(
    r"""<!--.*?(?:-->|\Z)                                                # a comment
    |</?(?P<tag>[a-zA-Z][^\s<>/]*)(?:[^<>"']|"[^"<]*"|'[^'<]*')*+>      # a tag
    |<[!?][^<>]*>                                                       # a declaration
    |&(?:\#\d{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});?  # a reference
    |\s+|[^<&\s]+|.""",
    re.DOTALL | re.VERBOSE,
)
_UNSEEN = {"script", "style", "title", "template", "noscript", "textarea", "svg", "math", "iframe"}
_INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "code",
    "data",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "img",
    "ins",
    "kbd",
    "label",
    "mark",
    "q",
    "rp",
    "rt",
    "ruby",
    "s",
    "samp",
    "small",
    "span",
    "strike",
    "strong",
    "sub",
    "sup",
    "time",
    "tt",
    "u",
    "var",
    "wbr",
}  # elements that begin no line


@dataclass(frozen=True, slots=True)
class HtmlText:
    """A text, and the offsets in the HTML document at which each of its characters begins and ends."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def source(self, start: int, end: int) -> tuple[int, int]:
        """The offsets in the document of the text from ``start`` to ``end``, which is not empty."""
        return self.starts[start], self.ends[end - 1]


def html_text(source: str) -> HtmlText:
    """The text that a reader of the HTML document sees, without white space at its ends."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for text, start, end in _seen(source):
        if text.isspace():
            if not characters:
                continue
            if characters[-1].isspace():
                if "\n" in text:
                    characters[-1] = "\n"
                continue
        for offset, character in enumerate(text):
            characters.append(character)
            is_literal = end - start == len(text)
            starts.append(start + offset if is_literal else start)
            ends.append(start + offset + 1 if is_literal else end)
    while characters and characters[-1].isspace():
        characters.pop()
    count = len(characters)
    return HtmlText("".join(characters), tuple(starts[:count]), tuple(ends[:count]))


def _seen(source: str) -> Iterator[tuple[str, int, int]]:
    """The pieces of text with their offsets: words, a space for white space, and a line break for a block's end."""
    position = 0
    while match := _PIECE.match(source, position):
        piece, tag, position = match[0], (match["tag"] or "").lower(), match.end()
        if tag in _UNSEEN and not piece.startswith("</"):
            closing = re.compile(rf"</{tag}\b[^<>]*>|\Z", re.IGNORECASE).search(source, position)
            position = closing.end() if closing else len(source)
        elif tag:
            if tag not in _INLINE:
                yield "\n", match.start(), match.start()
        elif piece.startswith("&") and len(piece) > 1:
            yield html.unescape(piece), match.start(), match.end()
        elif piece.isspace():
            yield " ", match.start(), match.end()
        elif not piece.startswith("<") or piece == "<":
            yield piece, match.start(), match.end()
