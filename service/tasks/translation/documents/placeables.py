"""What in a text is not language: placeholders of programs, addresses, entities.

Each expression is linear in the text: it begins where nothing of its own kind comes before, and never goes back.
"""

import re
from collections.abc import Iterator

from service.tasks.translation.documents.markers import PATTERN

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
    + PATTERN,
    re.VERBOSE,
)
_URL_END = ".,;:!?)*_~"  # punctuation of the sentence rather than the address
_BRACE = re.compile(r"[{}]")
# Inside braces: a name or number, alone or with a format, a filter or ICU's cases after it.
_VARIABLE = re.compile(
    r"\s*+[$@\#%]?+[\w.\[\]()-]++\s*+(?:[:|!=/].*+|,\s*+(?:-?[0-9]|plural|select|number|date|time|list).*+)?+",
    re.DOTALL,
)


def placeables(text: str) -> Iterator[tuple[int, int]]:
    """Where they stand in ``text``, in order and apart from each other."""
    end = 0
    for start, stop in sorted([*_braces(text), *_others(text)], key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop
            end = stop


def _others(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLACEABLE.finditer(text):
        address = match["url"]
        yield match.start(), match.end() - (len(address) - len(address.rstrip(_URL_END)) if address else 0)


def _braces(text: str) -> Iterator[tuple[int, int]]:
    """The outermost balanced braces that hold a variable; ``{{…}}``, ``{%…%}`` and ``${…}`` hold nothing else."""
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
