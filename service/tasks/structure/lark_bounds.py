"""What llguidance takes in Lark's notation, and this service does not."""

import re

from service.errors import InvalidOption

_MOST_REFERENCES = 20_000  # of terminals to terminals, when all are written out
_TEXTS = re.compile(r'"(?:\\.|[^"\\\n])*"|/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/|(?://|#)[^\n]*')
_DEFINITION = re.compile(r"^[ \t]*([?!]?[A-Za-z_][\w-]*)[^:\n|]*:", re.MULTILINE)
_TERMINAL = re.compile(r"\b_*[A-Z][A-Z0-9_]*\b")
_TEMPERATURE = re.compile(r"\[[^\]]*\btemperature\s*=")


def check_lark(text: str, param: str) -> None:
    """Raises InvalidOption for an attribute that is not obeyed, or for terminals that are too large."""
    if _TEMPERATURE.search(_TEXTS.sub('""', text)):
        message = f"{param}: a grammar cannot set the temperature; use the field temperature"
        raise InvalidOption(message, param=param)
    if not has_small_terminals(text):
        raise InvalidOption(f"{param}: the terminals of the grammar are too large", param=param)


def has_small_terminals(text: str) -> bool:
    """Whether the terminals stay small where llguidance writes each into those that name it: it takes time and memory.

    A few lines in which each terminal names the next one eight times would need gigabytes.
    """
    stripped = _TEXTS.sub('""', text)
    found = list(_DEFINITION.finditer(stripped))
    ends = [each.start() for each in found[1:]] + [len(stripped)]
    named = {
        each[1]: _TERMINAL.findall(stripped, each.end(), end)
        for each, end in zip(found, ends, strict=True)
        if _TERMINAL.fullmatch(each[1])
    }
    sizes: dict[str, int] = {}
    return all(_size(name, named, sizes) <= _MOST_REFERENCES for name in named)


def _size(name: str, named: dict[str, list[str]], sizes: dict[str, int]) -> int:
    """The terminals within a terminal, written out. Terminals within themselves are refused by llguidance."""
    waiting = [name]
    while waiting:
        present = waiting[-1]
        if sizes.get(present):
            waiting.pop()
            continue
        missing = [each for each in named.get(present, ()) if each not in sizes]
        sizes.setdefault(present, 0)  # while its parts are computed
        if missing:
            waiting += missing
            continue
        sizes[present] = min(_MOST_REFERENCES + 1, 1 + sum(sizes[each] for each in named.get(present, ())))
        waiting.pop()
    return sizes[name]
