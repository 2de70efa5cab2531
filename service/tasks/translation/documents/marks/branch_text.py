"""Text in a pattern of ICU's format, where braces, some apostrophes and, in a plural form, ``#`` are syntax.

An apostrophe before syntax quotes it (`d'{name}` shows no name). What ICU recommends for text, the typographic
apostrophe, never quotes. FormatJS, which reads tags in messages too, also lets an apostrophe quote these.
"""

import re
from collections.abc import Sequence
from enum import Enum, auto

from service.tasks.translation.documents.marks.unit import Mark, Unit

# The syntax of a text in a quote that does not end: an apostrophe would end it.
IN_OPEN_QUOTE = "'"


class NumberSign(Enum):
    """What a ``#`` in a text means. In a selection in a plural form, it is a text for ICU and a number for others."""

    TEXT = auto()
    NUMBER = auto()
    UNCLEAR = auto()

    @property
    def syntax(self) -> str:
        """The characters that mean something in such a text. No other ``#`` may be written if it is unclear."""
        return "{}" if self is NumberSign.TEXT else "{}#"


# An apostrophe that begins or ends a quote, by the syntax of its text. Two apostrophes are one, and do neither.
_QUOTING = {
    "{}": re.compile("''|'(?=[{}<>])"),
    "{}#": re.compile("''|'(?=[{}#<>])"),
    "{}" + IN_OPEN_QUOTE: re.compile("''|'"),
    "{}#" + IN_OPEN_QUOTE: re.compile("''|'"),
}
_RUNS = {syntax: re.compile(f"['{syntax}]++") for syntax in _QUOTING}


def quote(literal: str, syntax: str) -> str:
    """What reads as ``literal`` in a text with this ``syntax``, whatever stands beside it but another apostrophe."""

    def quoted(run: re.Match[str]) -> str:
        inside = run[0].replace("'", "''")
        return f"'{inside}'" if inside.strip("'") else inside

    return _RUNS[syntax].sub(quoted, literal)


def fit_branch(unit: Unit, texts: list[str], marks: Sequence[Mark]) -> None:
    """Make ``texts``, which stand around ``marks``, be text in a pattern, in place.

    The syntax in them that the text of the unit does not have is removed.
    """
    strange = str.maketrans(dict.fromkeys(set(unit.syntax).difference(unit.text, IN_OPEN_QUOTE), ""))
    following = [*(mark.replacement[:1] for mark in marks), "}"]
    # The end of the mark before a text. Before the unit there may be a quote, but not if an apostrophe can follow it.
    before = "" if unit.text.startswith("'") else "'"
    for index, (text, char) in enumerate(zip(texts, following, strict=True)):
        text = text.translate(strange)
        if before == "'" and (len(text) - len(text.lstrip("'"))) % 2:
            text = f"’{text[1:]}"
        if char == "'" and (len(text) - len(text.rstrip("'"))) % 2:
            text = f"{text[:-1]}’"
        if index and char == before == "'" and not text.strip("'"):
            text += " "  # two quotes would be one
        texts[index] = _QUOTING[unit.syntax].sub(_unquoted, text + char).removesuffix(char)
        before = marks[index].replacement[-1:] if index < len(marks) else ""


def fit_term(term: str, syntax: str) -> str:
    """What reads as ``term`` in a text with this ``syntax``. In an open quote, syntax in it is removed."""
    if IN_OPEN_QUOTE in syntax:
        term = re.sub("[{}#]", "", term)
    elif any(char in syntax for char in term):
        return quote(term, syntax)
    return _QUOTING[syntax].sub(_unquoted, term + "}").removesuffix("}")


def is_branch_text(text: str, masked: str, syntax: str) -> bool:
    """Whether ``text`` may stand where this ``syntax`` is. In ``masked`` markers stand for its placeables."""
    quotes = any(match[0] == "'" for match in _QUOTING[syntax].finditer(text + "}"))
    return not quotes and not any(char in "{}" for char in masked)


def _unquoted(match: re.Match[str]) -> str:
    return "’" if match[0] == "'" else match[0]
