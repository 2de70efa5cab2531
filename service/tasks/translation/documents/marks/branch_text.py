"""Text in a branch of a message in ICU's format, where braces, ``#`` and some apostrophes are syntax.

An apostrophe before syntax quotes it (`d'{name}` shows no name). What ICU recommends for text, the typographic
apostrophe, never quotes. FormatJS, which reads tags in messages too, also lets an apostrophe quote these.
"""

import re
from collections.abc import Iterable

from service.tasks.translation.documents.marks.unit import Mark, Unit

SYNTAX = "{}#"
_QUOTING = re.compile("''|'(?=[{}#<>])")  # two apostrophes are one, and quote nothing


def quotes(text: str) -> bool:
    """Whether an apostrophe in ``text`` quotes syntax."""
    return any(match[0] == "'" for match in _QUOTING.finditer(text))


def may_quote(text: str) -> bool:
    """Whether an apostrophe in ``text`` quotes syntax, or would do so if the text were a branch."""
    return quotes(text + "}")


def fit_branch(unit: Unit, texts: list[str], marks: Iterable[Mark]) -> None:
    """Make ``texts``, which stand around ``marks``, be text in a branch, in place.

    The syntax in them that the text of the unit does not have is removed.
    """
    strange = str.maketrans(dict.fromkeys(set(SYNTAX).difference(unit.text), ""))
    following = [*(mark.replacement[:1] for mark in marks), "}"]
    for index, (text, char) in enumerate(zip(texts, following, strict=True)):
        fitting = _QUOTING.sub(_unquoted, text.translate(strange) + char)
        texts[index] = fitting.removesuffix(char)


def is_branch_text(text: str, masked: str) -> bool:
    """Whether ``text`` may stand in a branch. In ``masked`` markers stand for its placeables."""
    return not may_quote(text) and not any(char in "{}" for char in masked)


def _unquoted(match: re.Match[str]) -> str:
    return "’" if match[0] == "'" else match[0]
