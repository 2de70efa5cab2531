"""llama.cpp's grammar notation (GBNF) as a Lark grammar.

The notation describes texts character by character, and an ambiguity stays open until the text decides it. Terminals of
a Lark grammar take the longest match instead: after ``/[a-z]*/`` no ``"b"`` can come. So a grammar without recursion
becomes one terminal, which is fast. In any other one, and in one that would be too large as a terminal, every
character is a terminal of its own.
"""

import json
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from service.errors import InvalidOption
from service.tasks.structure.lark_bounds import has_small_terminals

_MOST_NESTING = 64
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]"}
_SPACE = re.compile(r"(?:[ \t]|#[^\r\n]*)*")
_SPACE_AND_LINES = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_NAME = re.compile(r"[a-zA-Z0-9_-]+")
_END_OF_RULE = re.compile(r"\r?\n|\r|$(?!\n)")
_REPETITION = re.compile(r"[*+?]|\{\s*([0-9]{1,6})\s*(?:(,)\s*([0-9]{1,6})?\s*)?\}")


def lark_from_gbnf(text: str, param: str) -> str:
    """The same grammar in Lark's notation. Raises InvalidOption, which names ``param``, for one that cannot be read."""
    reader = _Reader(text, param, prefix="r")
    lark = reader.read()
    if reader.is_recursive or not has_small_terminals(terminals := _Reader(text, param, prefix="R").read()):
        return lark
    return terminals


class _Reader:
    """A recursive descent through the text. It writes Lark's notation as it goes."""

    def __init__(self, text: str, param: str, *, prefix: str) -> None:
        """``prefix`` begins the rules' names in Lark's notation: a capital letter makes them terminals."""
        self._text = text
        self._param = param
        self._prefix = prefix
        self._place = 0
        self._names: dict[str, tuple[str, int]] = {}  # of each rule, its name in Lark's notation and its first place
        self._uses: dict[str, set[str]] = {}  # which rules each rule names
        self._used: set[str] = set()  # those that the present rule names

    def read(self) -> str:
        """The rules in Lark's notation."""
        rules = {"start": self._alias("root")}
        self._skip(_SPACE_AND_LINES)
        while self._place < len(self._text):
            name = self._rule_name()
            self._skip(_SPACE)
            self._expect("::=")
            self._skip(_SPACE_AND_LINES)
            self._used = self._uses[name] = set()  # of two rules with one name the last one holds
            rules[name] = self._alternatives(0)
            if not self._skip(_END_OF_RULE):
                raise self._error("the end of the rule is expected")
            self._skip(_SPACE_AND_LINES)
        for alias, place in self._names.values():
            if alias not in rules:
                self._place = place
                raise self._error("there is no rule of this name" if place else "there is no rule root")
        return "\n".join(f"{name}: {alternatives}" for name, alternatives in rules.items())

    @property
    def is_recursive(self) -> bool:
        """Whether a rule is part of itself."""
        try:
            tuple(TopologicalSorter(self._uses).static_order())
        except CycleError:
            return True
        return False

    def _alternatives(self, depth: int) -> str:
        alternatives = [self._sequence(depth)]
        while self._take("|"):
            self._skip(_SPACE_AND_LINES)
            alternatives.append(self._sequence(depth))
        return " | ".join(alternatives)

    def _sequence(self, depth: int) -> str:
        space = _SPACE_AND_LINES if depth else _SPACE
        parts = []
        self._skip(space)
        while (part := self._element(depth)) is not None:
            self._skip(space)
            while found := _REPETITION.match(self._text, self._place):
                self._place = found.end()
                part = f"({part}){_repetition(found)}"
                self._skip(space)
            parts.append(part)
        return " ".join(parts) or '""'

    def _element(self, depth: int) -> str | None:
        """A literal, a class, a group or the name of a rule; None if there is none."""
        if self._take('"'):
            return " ".join(json.dumps(each, ensure_ascii=False) for each in self._characters('"')) or '""'
        if self._take("["):
            return self._character_class()
        if self._take("."):
            return "/(?s:.)/"
        if self._take("("):
            if depth >= _MOST_NESTING:
                raise self._error(f"groups are nested in more than {_MOST_NESTING} levels")
            self._skip(_SPACE_AND_LINES)
            group = f"({self._alternatives(depth + 1)})"
            self._expect(")")
            return group
        if self._text.startswith(("<", "!"), self._place):
            raise self._error("a grammar cannot name tokens, only texts")
        if not _NAME.match(self._text, self._place):
            return None
        self._used.add(name := self._rule_name())
        return name

    def _character_class(self) -> str:
        negated = self._take("^")
        ranges = [f"\\x{{{ord(each[0]):X}}}-\\x{{{ord(each[-1]):X}}}" for each in self._characters("]", ranges=True)]
        if ranges:
            return f"/[{'^' if negated else ''}{''.join(ranges)}]/"
        if negated:
            return "/(?s:.)/"
        raise self._error("a class has no characters")

    def _characters(self, end: str, *, ranges: bool = False) -> Iterator[str]:
        """The characters before ``end``, which is skipped. With ``ranges``, each is a range's first and last."""
        while not self._take(end):
            first = self._character()
            if ranges and self._text.startswith("-", self._place) and not self._text.startswith("-]", self._place):
                self._place += 1
                last = self._character()
                if last < first:
                    raise self._error("a range ends before it begins")
                first += last
            yield first

    def _character(self) -> str:
        character = self._text[self._place : self._place + 1]
        self._place += 1
        if character != "\\":
            if not character:
                raise self._error("a literal or a class has no end")
            return character
        kind = self._text[self._place : self._place + 1]
        self._place += 1
        if kind in _ESCAPES:
            return _ESCAPES[kind]
        size = _HEX_DIGITS.get(kind, 0)
        digits = self._text[self._place : self._place + size]
        self._place += size
        if size and re.fullmatch(r"[0-9a-fA-F]+", digits) and len(digits) == size:
            code = int(digits, 16)
            if code <= sys.maxunicode and not 0xD800 <= code < 0xE000:
                return chr(code)
        raise self._error("an escape that is not known")

    def _rule_name(self) -> str:
        found = _NAME.match(self._text, self._place)
        if found is None:
            raise self._error("the name of a rule is expected")
        self._place = found.end()
        return self._alias(found[0])

    def _alias(self, name: str) -> str:
        return self._names.setdefault(name, (f"{self._prefix}{len(self._names)}", self._place))[0]

    def _take(self, word: str) -> bool:
        if not self._text.startswith(word, self._place):
            return False
        self._place += len(word)
        return True

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise self._error(f"{word} is expected")

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        """Skip what the pattern matches. Return whether it matches here."""
        found = pattern.match(self._text, self._place)
        if found is not None:
            self._place = found.end()
        return found is not None

    def _error(self, reason: str) -> InvalidOption:
        line = self._text.count("\n", 0, self._place) + 1
        return InvalidOption(f"{self._param}: line {line} of the grammar: {reason}", param=self._param)


def _repetition(found: re.Match[str]) -> str:
    least, comma, most = found.groups()
    if least is None:
        return found[0]
    return f"{{{int(least)},{most or ''}}}" if comma else f"{{{int(least)}}}"
