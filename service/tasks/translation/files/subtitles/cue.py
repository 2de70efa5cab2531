"""The text of one cue: its lines are one text, except that each speaker's dash begins another one."""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.tasks.translation.files.inline import Code, CodeKind, InlineText
from service.tasks.translation.files.spliced import Render, Slot

LINE_BREAK = re.compile(r"\r\n|\n|\r")
_DASH = re.compile(r"[-–—‐][ \t]*+(?=\S)")
_SPACE = re.compile(r"\s++")
# These scripts have no spaces between words: kana, Han, Thai, Lao, Khmer, Myanmar.
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_NO_LINE_START = frozenset("。、，．！？：；」』）】》!?,.:;)]}%…")


@dataclass(frozen=True, slots=True)
class CueSyntax:
    """How a format writes the text of cues.

    ``tag`` matches markup; the group ``close`` is not empty for an end tag, the group ``open`` for a start tag.
    """

    tag: re.Pattern[str]
    decode: Callable[[str], str]
    encode: Callable[[str], str]


def cue_slots(source: str, begin: int, end: int, syntax: CueSyntax) -> Iterator[Slot[str]]:
    """The slots of the cue whose text stands from ``begin`` to ``end``."""
    lines = []
    position = begin
    for match in LINE_BREAK.finditer(source, begin, end):
        lines.append((position, match.start()))
        position = match.end()
    lines.append((position, end))
    line_break = source[lines[0][1] : lines[1][0]] if len(lines) > 1 else "\n"
    turns: list[list[tuple[int, int]]] = [[]]
    for line_begin, line_end in lines:
        if not source[line_begin:line_end].strip():
            turns.append([])
            continue
        if (dash := _DASH.match(source, line_begin, line_end)) is not None:
            turns.append([])
            line_begin = dash.end()
        turns[-1].append((line_begin, line_end))
    for turn in turns:
        if turn and (slot := _turn_slot(source, turn, line_break, syntax)) is not None:
            yield slot


def _turn_slot(source: str, lines: list[tuple[int, int]], line_break: str, syntax: CueSyntax) -> Slot[str] | None:
    atoms: list[str | Code[str]] = []
    for number, (begin, end) in enumerate(lines):
        if number:
            before, after = source[lines[number - 1][1] - 1], source[begin]
            atoms.append("" if _SPACELESS.match(before) and _SPACELESS.match(after) else " ")
        position = begin
        for match in syntax.tag.finditer(source, begin, end):
            atoms.append(syntax.decode(source[position : match.start()]))
            kind = CodeKind.CLOSE if match["close"] else CodeKind.OPEN if match["open"] else CodeKind.ALONE
            atoms.append(Code(kind, match[0]))
            position = match.end()
        atoms.append(syntax.decode(source[position:end]))
    inline = InlineText([atom for atom in atoms if atom != ""])
    if not inline.has_words:
        return None

    def write(translation: str, _: Render[str]) -> str:
        placed = [_SPACE.sub(" ", atom) if isinstance(atom, str) else atom for atom in inline.place(translation)]
        shown = "".join(atom for atom in placed if isinstance(atom, str))
        breaks = _line_breaks(shown, len(lines))
        parts, offset = [], 0
        for atom in placed:
            if isinstance(atom, Code):
                parts.append(atom.source)
                continue
            begin = 0
            while breaks and breaks[0] < offset + len(atom):
                place = breaks.popleft() - offset
                parts += [syntax.encode(atom[begin:place]), line_break]
                begin = place + (atom[place] == " ")
            parts.append(syntax.encode(atom[begin:]))
            offset += len(atom)
        return "".join(parts)

    return Slot(lines[0][0], lines[-1][1], inline.file_text(), write)


def _line_breaks(text: str, lines: int) -> deque[int]:
    """Where ``text`` is cut so that it has this number of lines of about equal length, or as many as it can have."""
    places = [
        index
        for index in range(1, len(text) - 1)
        if text[index] == " "
        or (text[index] not in _NO_LINE_START and _SPACELESS.match(text[index - 1]) and _SPACELESS.match(text[index]))
    ]
    breaks: deque[int] = deque()
    first = 0
    for number in range(1, lines):
        aim = len(text) * number // lines
        index = bisect_left(places, aim, first)
        if index == len(places) or (index > first and aim - places[index - 1] < places[index] - aim):
            index -= 1
        if index < first:
            break
        breaks.append(places[index])
        first = index + 1
    return breaks
