"""A reader of messages in ICU's format, for tests: what a text reads when each of its branches is chosen."""

import re
from itertools import product

NUMBER = "7"  # what a `#` shows


def readings(text: str) -> list[str]:
    """The text with each choice of branches, in order. A placeholder reads as it is written, unless it is a number.

    An apostrophe before `{`, `}` or a `#` that is a number quotes what follows, up to the next apostrophe; two are one.
    Raises ValueError for a text that is no message.
    """
    found, end = _message(text, 0, in_plural=False, is_inside=False)
    assert end == len(text)
    return found


def _message(text: str, position: int, *, in_plural: bool, is_inside: bool) -> tuple[list[str], int]:
    parts: list[list[str]] = []
    while position < len(text):
        char, following = text[position], text[position + 1 : position + 2]
        if char == "'" and following == "'":
            parts.append(["'"])
            position += 2
        elif char == "'" and following and following in ("{}#" if in_plural else "{}"):
            if (quoted := re.compile("((?:[^']|'')*+)'").match(text, position + 1)) is None:
                raise ValueError("a quote without end")
            parts.append([quoted[1].replace("''", "'")])
            position = quoted.end()
        elif char == "#" and in_plural:
            parts.append([NUMBER])
            position += 1
        elif char == "{":
            found, position = _argument(text, position)
            parts.append(found)
        elif char == "}":
            if not is_inside:
                raise ValueError("a brace too many")
            break
        else:
            parts.append([char])
            position += 1
    return ["".join(chosen) for chosen in product(*parts)], position


def _argument(text: str, begin: int) -> tuple[list[str], int]:
    header_end = min(end for end in (text.find(",", begin), text.find("}", begin), len(text)) if end >= 0)
    kind_end = text.find(",", header_end + 1)
    kind = text[header_end + 1 : kind_end].strip() if text[header_end : header_end + 1] == "," else ""
    if kind not in ("plural", "select", "selectordinal"):
        end = text.index("}", begin) + 1
        return [NUMBER if text[header_end:end] == ", number}" else text[begin:end]], end
    found: list[str] = []
    position = kind_end + 1
    while True:
        while text[position].isspace():
            position += 1
        if text[position] == "}":
            return found, position + 1
        position = text.index("{", position) + 1
        branch, position = _message(text, position, in_plural=kind != "select", is_inside=True)
        if text[position : position + 1] != "}":
            raise ValueError("a branch without end")
        found += branch
        position += 1
