"""A reader of messages in ICU's format, for tests: what a text reads when each of its branches is chosen."""

import re
from itertools import product

NUMBER = "7"  # what a `#` shows
_QUOTED = re.compile("((?:[^']|'')*+)'")
_SHOWS_A_NUMBER = re.compile(r"\{\w+, plural, offset:[0-9]+ other \{#\}\}")
# The syntax of each message and the selector of the branch that is chosen, and the text.
_Choice = tuple[tuple[str, str], ...]
_Reading = tuple[_Choice, str]


def readings(text: str, *, may_be_open: bool = True) -> list[str]:
    """The text with each choice of branches, in order. A placeholder reads as it is written, unless it is a number.

    Messages with the same argument and selectors choose the same branch.
    An apostrophe before `{`, `}` or a `#` that is a number quotes what follows, up to the next apostrophe or, if it
    ``may_be_open``, to the end of the text; two are one. Raises ValueError for a text that is no message.
    """
    return [read for _, read in _whole(text, may_be_open)]


def choices(text: str) -> list[_Choice]:
    """The choices of each reading. A choice names a message by its whole syntax, and the selector that is chosen."""
    return [chosen for chosen, _ in _whole(text, may_be_open=True)]


def _whole(text: str, may_be_open: bool) -> list[_Reading]:
    found, end = _message(text, 0, in_plural=False, is_inside=False)
    if not may_be_open and any(end > len(text) for _ in found):
        raise ValueError("a quote without end")
    assert end >= len(text)
    return [(tuple(dict(chosen).items()), read) for chosen, read in found if len(set(chosen)) == len(dict(chosen))]


def _message(text: str, position: int, *, in_plural: bool, is_inside: bool) -> tuple[list[_Reading], int]:
    """The readings, and the end: one behind that of the text if it ends in a quote."""
    parts: list[list[_Reading]] = []
    while position < len(text):
        char, following = text[position], text[position + 1 : position + 2]
        if char == "'" and following == "'":
            parts.append([((), "'")])
            position += 2
        elif char == "'" and following and following in ("{}#" if in_plural else "{}"):
            if (quoted := _QUOTED.match(text, position + 1)) is None and is_inside:
                raise ValueError("a quote without end in a branch")
            literal = quoted[1] if quoted is not None else text[position + 1 :]
            parts.append([((), literal.replace("''", "'"))])
            position = quoted.end() if quoted is not None else len(text) + 1
        elif char == "#" and in_plural:
            parts.append([((), NUMBER)])
            position += 1
        elif char == "{":
            found, position = _argument(text, position)
            parts.append(found)
        elif char == "}":
            if not is_inside:
                raise ValueError("a brace too many")
            break
        else:
            parts.append([((), char)])
            position += 1
    chosen = product(*parts)
    return [(sum((path for path, _ in each), ()), "".join(read for _, read in each)) for each in chosen], position


def _argument(text: str, begin: int) -> tuple[list[_Reading], int]:
    if (number := _SHOWS_A_NUMBER.match(text, begin)) is not None:
        return [((), NUMBER)], number.end()
    header_end = min(end for end in (text.find(",", begin), text.find("}", begin), len(text)) if end >= 0)
    kind_end = text.find(",", header_end + 1)
    kind = text[header_end + 1 : kind_end].strip() if text[header_end : header_end + 1] == "," else ""
    if kind not in ("plural", "select", "selectordinal"):
        end = text.index("}", begin) + 1
        return [((), NUMBER if text[header_end:end] == ", number}" else text[begin:end])], end
    branches: list[tuple[str, list[_Reading]]] = []
    position = kind_end + 1
    header = text[begin:position]
    if (offset := re.compile(r"\s*offset:[0-9]+").match(text, position)) is not None:
        header, position = header + offset[0].strip(), offset.end()
    while True:
        selector = position
        while position < len(text) and text[position] not in "{}":
            position += 1
        if text[position : position + 1] != "{":
            if text[position : position + 1] != "}" or text[selector:position].strip():
                raise ValueError("a message without end")
            key = " ".join([header, *(name for name, _ in branches)])
            return [(((key, name), *path), read) for name, found in branches for path, read in found], position + 1
        branch, end = _message(text, position + 1, in_plural=kind != "select", is_inside=True)
        if text[end : end + 1] != "}":
            raise ValueError("a branch without end")
        branches.append((text[selector:position].strip(), branch))
        position = end + 1
