"""Placeables: the parts of a text that are not language, such as placeholders of programs, addresses and entities.

Translation tools use this word (Pontoon, Translate Toolkit). Every expression takes time linear in the text: a
match cannot begin behind a character of its own kind, and no expression backtracks.
"""

import re
from collections.abc import Iterator, Sequence

from service.tasks.translation.documents.marks.control_text import CONTROL_TEXT
from service.tasks.translation.documents.marks.markers import MARKER_PATTERN

# A formula of TeX between dollar signs has a character that no price has. For an expression that is verbose.
FORMULA = r"""(?<![\w$\\])(?: \$\$[^$\n]{1,400}+\$\$
    | \$(?![\s${])(?=[^$\n]{0,400}?[\\^_={}<>|+])[^$\n]{1,400}+(?<!\s)\$(?![\w$]) )"""
_PLACEABLE = re.compile(
    r"""
    (?P<url> (?<![a-zA-Z0-9.@/-])(?:(?:https?|ftp)://|www\.) [^\s<>"'`{}|\\^\[\]«»“”‘’„\u2e80-\uffef]++ )
  | (?<![a-zA-Z0-9_.%+-])[a-zA-Z0-9_.+-]++@[a-zA-Z0-9-]++(?:\.[a-zA-Z0-9-]++)++  # an e-mail address
  | %%
  | """
    + FORMULA
    + r"""
  | \\\([^\n]{1,400}?\\\) | \\\[[^\n]{1,400}?\\\]
  | (?<![^\s("'\[«“‘{>*—–]):[a-zA-Z_][a-zA-Z0-9_]*+:?+  # :name of Laravel, :name: of emoji
  | \\[a-zA-Z]{1,4}+\[[^\[\]\n]{0,32}+\]  # codes of games
  | (?<![\\:])\\[Nnrth](?![{\[])  # line breaks of subtitles and of string literals
  | (?<![\w@./])@:?[a-zA-Z_]\w*+
  | <%[^<>%\n]{1,200}+%> | (?<!\w)__[a-zA-Z](?:_?[a-zA-Z0-9])*+__(?!\w)
  | \[/?(?:[bius]|url|img|color|size|font|quote|center|spoiler)(?:=[^\[\]\n]{1,100}+)?+\]  # BBCode
  | \[[a-zA-Z][a-zA-Z0-9]*+_\w*+\]
  | (?<![0-9])%(?:
        (?:[0-9]++\$)?+[-+\#0]*+[0-9]*+(?:\.[0-9*]++)?+(?:hh?+|ll?+|[zjt])?+(?:[s@]|[diufFeEgGxXocn](?![a-zA-Z]))
      | \([^\s()]++\)(?:[-+\#0]*+[0-9]*+(?:\.[0-9]++)?+[sdifrxXeEgG])?+
      | <[^\s<>]++>[a-z]?+
      | L?[1-9][0-9]?+(?![0-9%])
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
_COMMAND = re.compile(r"\\[a-zA-Z]{2,32}+\*?+(?:\[[^\[\]\n]{0,200}+\])?+(?=\{)")  # of TeX, with an argument
# What braces begin with that are never text: templates, subtitles (`{\an8}`), attributes in Markdown, an empty field.
_ALWAYS = "{%\\:#.}"
# The inside of braces: a name or a number, alone or followed by a format, a filter or the cases of an ICU message.
_VARIABLE = re.compile(
    r"\s*+[$@\#%]?+[\w.\[\]()-]++\s*+(?:[:|!=/].*+|,\s*+(?:-?[0-9]|plural|select|number|date|time|list).*+)?+",
    re.DOTALL,
)


def find_placeables(text: str) -> Iterator[tuple[int, int]]:
    """Yields start and end of each placeable, in order and without overlap."""
    end = 0
    braces = balanced_braces(text)
    found = [*_find_variables(text, braces), *_find_commands(text, braces), *_find_others(text)]
    for start, stop in sorted(found, key=lambda span: (span[0], -span[1])):
        if start >= end:
            yield start, stop
            end = stop


def _find_others(text: str) -> Iterator[tuple[int, int]]:
    for match in _PLACEABLE.finditer(text):
        address = match["url"]
        yield match.start(), match.end() - (len(address) - len(address.rstrip(_URL_END)) if address else 0)


def balanced_braces(text: str) -> list[tuple[int, int]]:
    """Start and end of each pair of braces, in order."""
    opened: list[int] = []
    balanced: list[tuple[int, int]] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            balanced.append((opened.pop(), match.end()))
    return sorted(balanced)


def _find_commands(text: str, braces: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Commands of TeX with their argument. If the argument has several words, they are text between two placeables."""
    ends = dict(braces)
    for match in _COMMAND.finditer(text):
        if (end := ends.get(match.end())) is None:
            continue
        if any(map(str.isspace, text[match.end() : end])):
            yield match.start(), match.end() + 1
            yield end - 1, end
        else:
            yield match.start(), end


def _find_variables(text: str, braces: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The outermost balanced braces that hold a variable. Those in ``_ALWAYS``, and ``${…}``, always do."""
    last = 0
    for start, end in braces:
        if start < last:
            continue
        prefixed = start > last and text[start - 1] in "$#@%"
        if prefixed or text[start + 1] in _ALWAYS or _VARIABLE.fullmatch(text, start + 1, end - 1):
            yield start - prefixed, end
            last = end
