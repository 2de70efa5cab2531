"""Escaping: makes a translation be read as text in its place, whatever the model wrote."""

import re
from enum import Enum, auto


class TextPlace(Enum):
    """The surroundings of a text, which decide what must be escaped."""

    TEXT = auto()
    MARKDOWN = auto()
    CELL = auto()  # a cell of a Markdown table
    MARKUP = auto()  # HTML or XML
    VALUE = auto()  # the value of an attribute in HTML; whoever writes the quotes around it escapes those in it
    CELL_VALUE = auto()  # the same in a cell of a Markdown table
    LINK_TITLE = (
        auto()
    )  # the title of a link or its definition in Markdown, in a table or not, with quotes like a value


# XML does not allow these characters, not even escaped.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# The characters that would begin or end markup in a line of Markdown. A `*` between spaces and a `_` inside a word do
# not.
_MARKDOWN = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~]) | ` | (?<!\s)\*|\*(?!\s) | (?<![^\W_])_(?!\s)|(?<!\s)_(?![^\W_]) | ~(?=~)
    | \](?=[(\[:]) | <(?=[a-zA-Z/!?]) | &(?=\#?\w{1,32};)""",
    re.VERBOSE,
)
_MARKDOWN_BLOCK = re.compile(r"\s*(?:[0-9]{1,9}(?=[.)](?:\s|$))|(?=\#{1,6}(?:\s|$)|[-+](?:\s|$)|>|~~~|=+\s*$|--|\|))")


def escape(text: str, place: TextPlace) -> str:
    """Escape ``text`` for the inside of a line."""
    match place:
        case TextPlace.LINK_TITLE:
            return escape(" ".join(text.splitlines()), TextPlace.CELL_VALUE).replace("\\", "&#92;")
        case TextPlace.MARKUP | TextPlace.VALUE | TextPlace.CELL_VALUE:
            text = _NO_CHARACTER.sub("", text).translate(_MARKUP)
            return text.replace("|", "&#124;") if place is TextPlace.CELL_VALUE else text
        case TextPlace.MARKDOWN | TextPlace.CELL:
            text = _MARKDOWN.sub(r"\\\g<0>", " ".join(text.splitlines()))
            return text.replace("|", r"\|") if place is TextPlace.CELL else text
        case _:
            return text


def escape_line_start(text: str, place: TextPlace) -> str:
    """Escape what would make a line of Markdown a heading, a list or another block. ``text`` was escaped already."""
    if place is not TextPlace.MARKDOWN or (block := _MARKDOWN_BLOCK.match(text)) is None:
        return text
    return f"{text[: block.end()]}\\{text[block.end() :]}"
