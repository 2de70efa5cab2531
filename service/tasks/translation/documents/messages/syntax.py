"""The syntax of messages in ICU's format: `{count, plural, one {a vote} other {# votes}}`.

An apostrophe before a brace quotes what follows, up to the next apostrophe; so does one before a `#` that is a number.
"""

import re
from dataclasses import dataclass, field

_TOKEN = re.compile("''|'(?=[{}#])|[{}]")
_HEADER = re.compile(r"\{\s*+([\w.-]++)\s*+,\s*+(plural|selectordinal|select)\s*+,\s*+(offset:[0-9]++\s*+)?+")
_SELECTOR = re.compile(r"\s*+(?:=[0-9]++|[\w-]++)\s*+")
_QUOTED = re.compile("[^']*+(?:''[^']*+)*+'")
_DEEPEST = 4  # levels of messages in branches
_MOST_BRACES = 400  # of a message


@dataclass(slots=True)
class PatternText:
    """A text of a pattern: the whole one, or the inside of a branch. Its messages and quoted parts are in order.

    A plural form that only shows a number less its offset, as an argument does, is no message.
    """

    begin: int
    end: int
    is_plural: bool = False  # a `#` in it is a number
    messages: "list[FoundMessage]" = field(default_factory=list)
    quoted: list[tuple[int, int]] = field(default_factory=list)  # with their apostrophes
    has_numbers: bool = False  # there are such plural forms

    def adopt(self, other: "PatternText") -> None:
        """Take what was found in a text that is a part of this one, since what seemed to be a branch is none."""
        self.messages += other.messages
        self.quoted += other.quoted
        self.has_numbers = self.has_numbers or other.has_numbers


@dataclass(slots=True)
class FoundMessage:
    """The place of a message in a text. ``number`` shows anywhere what a `#` in a plural form of this message does.

    Only a plural form can subtract an offset, so there it is one that shows nothing else.
    """

    start: int
    end: int
    is_plural: bool
    number: str
    branches: list[PatternText] = field(default_factory=list)


@dataclass(slots=True)
class Pattern:
    """A text with what messages are in it.

    ``open_quote`` is the place of an apostrophe that quotes the rest, if there is one. Messages are found there too,
    since authors often mean no quote (`d'{name}`), and some programs know none.
    """

    text: PatternText
    open_quote: int | None = None


@dataclass(slots=True)
class _Brace:
    """An open brace: that of a message, that of a branch, or another one."""

    message: FoundMessage | None = None
    branch: PatternText | None = None
    position: int = 0  # where the next selector of a message begins
    braces: int = 0  # before this one, in the whole text
    is_wrong: bool = False


def read_pattern(text: str) -> Pattern:
    """Find the messages in a text, and what is quoted beside and in them. Any text can be read, in one pass."""
    pattern = Pattern(PatternText(0, len(text)))
    texts = [pattern.text]
    opened: list[_Brace] = []
    position = braces = 0
    while (token := _TOKEN.search(text, position)) is not None:
        begin, position = token.span()
        brace = opened[-1] if opened else None
        if token[0] == "{":
            braces += 1
            opened.append(_open(text, begin, brace, texts, braces))
            position = max(position, opened[-1].position)
        elif token[0] == "}" and brace is not None:
            opened.pop()
            _close(text, begin, brace, opened, texts, braces)
        elif token[0] == "'" and (brace is None or brace.message is None):
            in_text = brace is None or brace.branch is not None  # and not in an argument
            if text[position] == "#" and not (in_text and texts[-1].is_plural):
                continue
            if (quoted := _QUOTED.match(text, position)) is not None:
                position = quoted.end()
            if in_text and quoted is not None:
                texts[-1].quoted.append((begin, position))
            elif in_text:
                pattern.open_quote = begin
    for brace in opened:
        if brace.message is not None:
            _give_up(brace.message, pattern.text)
        if brace.branch is not None:
            pattern.text.adopt(brace.branch)
    return pattern


def _open(text: str, begin: int, around: _Brace | None, texts: list[PatternText], braces: int) -> _Brace:
    if around is not None and around.message is not None and not around.is_wrong:
        if _SELECTOR.fullmatch(text, around.position, begin):
            texts.append(PatternText(begin + 1, begin + 1, around.message.is_plural))
            return _Brace(branch=texts[-1])
        around.is_wrong = True
        _give_up(around.message, texts[-1])
    if len(texts) <= _DEEPEST and (header := _HEADER.match(text, begin)) is not None:
        name, kind, offset = header.groups()
        number = f"{{{name}, plural, {offset.strip()} other {{#}}}}" if offset else f"{{{name}, number}}"
        message = FoundMessage(begin, begin, kind != "select", number)
        return _Brace(message, position=header.end(), braces=braces)
    return _Brace()


def _close(text: str, begin: int, brace: _Brace, opened: list[_Brace], texts: list[PatternText], braces: int) -> None:
    """A brace closes at ``begin``. ``opened`` are those that are still open."""
    if brace.branch is not None:
        texts.pop()
        brace.branch.end = begin
        around = opened[-1]
        assert around.message is not None
        around.message.branches.append(brace.branch)
        around.position = begin + 1
    elif (message := brace.message) is not None and braces - brace.braces < _MOST_BRACES:
        message.end = begin + 1
        if text[message.start : message.end] == message.number:
            texts[-1].has_numbers = True
        elif message.branches and not text[brace.position : begin].strip():
            texts[-1].messages.append(message)
        else:
            _give_up(message, texts[-1])


def _give_up(message: FoundMessage, around: PatternText) -> None:
    """What seemed to be a message is none; what was found in it is in the text around it."""
    for branch in message.branches:
        around.adopt(branch)
    message.branches.clear()
