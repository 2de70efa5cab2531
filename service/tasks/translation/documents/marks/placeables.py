"""Placeables: the parts of a text that are not language, such as placeholders of programs, addresses and entities.

Translation tools use this word (Pontoon, Translate Toolkit). Every expression takes time linear in the text: a
match cannot begin behind a character of its own kind, and no expression backtracks.
"""

import re
from collections.abc import Iterator

from service.tasks.translation.documents.marks.control_text import CONTROL_TEXT
from service.tasks.translation.documents.marks.markers import MARKER_PATTERN

_PLACEABLE = re.compile(
    r"""
    (?P<url> (?<![a-zA-Z0-9.@/-])(?:(?:https?|ftp)://|www\.) [^\s<>"'`{}|\\^\[\]«»“”‘’„\u2e80-\uffef]++ )
  | (?<![a-zA-Z0-9_.%+-])[a-zA-Z0-9_.+-]++@[a-zA-Z0-9-]++(?:\.[a-zA-Z0-9-]++)++  # an e-mail address
  | %%
  | (?<![0-9])%(?:
        (?:[0-9]++\$)?+[-+\#0]*+[0-9]*+(?:\.[0-9*]++)?+(?:hh?+|ll?+|[zjt])?+(?:[s@]|[diufFeEgGxXoc](?![a-zA-Z]))
      | \([^\s()]++\)(?:[-+\#0]*+[0-9]*+(?:\.[0-9]++)?+[sdifrxXeEgG])?+
      | <[^\s<>]++>[a-z]?+
      | [a-zA-Z0-9_]++%)
  | (?<![a-zA-Z0-9_$])\$[a-zA-Z_][a-zA-Z0-9_]*+\$?+
  | &(?:\#[0-9]++|\#[xX][0-9a-fA-F]++|[a-zA-Z][a-zA-Z0-9]{1,30}+);
  | """
    + MARKER_PATTERN
    + " | "
    + CONTROL_TEXT,
    re.VERBOSE,
)
_URL_END = ".,;:!?)*_~"  # at the end of an address, these belong to the sentence
_BRACE = re.compile(r"[{}]")
# The inside of braces: a name or a number, alone or followed by a format, a filter or the cases of an ICU message.
_VARIABLE = re.compile(
    r"\s*+[$@\#%]?+[\w.\[\]()-]++\s*+(?:[:|!=/].*+|,\s*+(?:-?[0-9]|plural|select|number|date|time|list).*+)?+",
    re.DOTALL,
)


def find_placeables(text: str) -> Iterator[tuple[int, int]]:
    """Yields start and end of each placeable, in order and without overlap."""
    end = 0
    for start, stop in sorted([*_find_braces(text), *_find_others(text)], key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop
            end = stop


def _find_others(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLACEABLE.finditer(text):
        address = match["url"]
        yield match.start(), match.end() - (len(address) - len(address.rstrip(_URL_END)) if address else 0)


def _find_braces(text: str) -> Iterator[tuple[int, int]]:
    """The outermost balanced braces that hold a variable. ``{{…}}``, ``{%…%}`` and ``${…}`` always do."""
    opened: list[int] = []
    balanced: list[tuple[int, int]] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            balanced.append((opened.pop(), match.end()))
    last = 0
    for start, end in sorted(balanced):
        if start < last:
            continue
        prefixed = start > last and text[start - 1] in "$#@%"
        if prefixed or text[start + 1] in "{%" or _VARIABLE.fullmatch(text, start + 1, end - 1):
            yield start - prefixed, end
            last = end
