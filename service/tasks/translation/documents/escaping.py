"""Text written so that it is text in its place, whatever a model said."""

import re

from service.tasks.translation.documents.piece import Place

# XML allows these in no form.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What would begin or end something in a line of Markdown, but for `*` between spaces and `_` in a word.
_MARKDOWN = re.compile(
    r"""\\(?=[!-/:-@\[-`{-~]) | ` | (?<!\s)\*|\*(?!\s) | (?<![^\W_])_(?!\s)|(?<!\s)_(?![^\W_]) | ~(?=~)
    | \](?=[(\[:]) | <(?=[a-zA-Z/!?]) | &(?=\#?\w{1,32};)""",
    re.VERBOSE,
)
_MARKDOWN_BLOCK = re.compile(r"\s*(?:[0-9]{1,9}(?=[.)](?:\s|$))|(?=\#{1,6}(?:\s|$)|[-+](?:\s|$)|>|~~~|=+\s*$|--|\|))")


def escape(text: str, place: Place) -> str:
    """``text`` as it is to be written inside a line."""
    match place:
        case Place.MARKUP:
            return _NO_CHARACTER.sub("", text).translate(_MARKUP)
        case Place.MARKDOWN | Place.CELL:
            text = _MARKDOWN.sub(r"\\\g<0>", " ".join(text.splitlines()))
            return text.replace("|", r"\|") if place is Place.CELL else text
        case _:
            return text


def escape_begin(text: str, place: Place) -> str:
    """``text``, escaped already, as it is to be written where a line begins."""
    if place is not Place.MARKDOWN or (block := _MARKDOWN_BLOCK.match(text)) is None:
        return text
    return f"{text[: block.end()]}\\{text[block.end() :]}"
