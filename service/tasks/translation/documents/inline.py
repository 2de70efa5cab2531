"""The inside of a paragraph of Markdown: emphasis, links, code, tags and escapes, each with its place."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Container
from dataclasses import dataclass

from service.tasks.translation.documents.html import VOID
from service.tasks.translation.documents.piece import KEPT_NAME, Kind
from service.tasks.translation.documents.text import INLINE_TAG, inline_tag

_SPECIAL = re.compile(
    r"""(?P<break>(?:\\|[ ]{2,})\n) | (?P<escape>\\[!-/:-@\[-`{-~]) | (?P<code>`+) | (?P<emphasis>\*+|_+|~~)
    | (?P<task>(?<![^\n])\[[ xX]\](?=\s)) | (?P<note>\[\^[^\[\]\s]++\]) | (?P<open>!?\[) | (?P<close>\])
    | (?P<auto><(?:[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*+|[^\s<>@]++@[^\s<>]++)>) | (?P<comment><!--[^<>]*+-->)
    | (?P<tag><)""",
    re.VERBOSE,
)
_TARGET = re.compile(
    r"""\(\s*+ (?:<[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)
    (?:\s++(?:"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\([^()]*+\)))?+ \s*+\)""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = re.compile(r"\[([^\[\]]*+)\]")


@dataclass(slots=True)
class Span:
    """``put`` is what stands there in a translation, where that is not the source."""

    start: int
    end: int
    kind: Kind
    name: str = ""
    shown: str = ""
    put: str = ""


def spans(text: str, references: Container[str], label: Callable[[str], str]) -> list[Span]:
    """What in ``text`` is not text as it stands, in order; ``label`` is how a reference is looked up."""
    code = _CodeSpans(text)
    emphasis = _Emphasis(text)
    found: list[Span] = []
    brackets: list[tuple[int, int]] = []
    position = 0
    while (match := _SPECIAL.search(text, position)) is not None:
        start, position = match.span()
        match match.lastgroup:
            case "break":
                found.append(Span(start, position, Kind.BREAK))
            case "escape":
                found.append(Span(start, position, Kind.TEXT, shown=match[0][1:]))
            case "code":
                if (end := code.end(start, position)) is not None:
                    found.append(Span(start, end, Kind.KEPT, shown=KEPT_NAME))
                    position = end
            case "emphasis":
                emphasis.add(start, position)
            case "open":
                brackets.append((start, position))
            case "close":
                if brackets:
                    position = _link(text, brackets.pop(), start, found, references, label)
            case "tag":
                if (tag := INLINE_TAG.match(text, start)) is not None:
                    piece = inline_tag(tag)
                    kind = Kind.TAG if piece.name.lower() in VOID else piece.kind
                    position = tag.end()
                    found.append(Span(start, position, kind, piece.name.lower()))
            case "auto":
                found.append(Span(start, position, Kind.KEPT, shown=KEPT_NAME))
            case _:
                found.append(Span(start, position, Kind.TAG))
    return sorted([*found, *emphasis.found], key=lambda span: span.start)


def _link(
    text: str,
    opened: tuple[int, int],
    start: int,
    found: list[Span],
    references: Container[str],
    label: Callable[[str], str],
) -> int:
    """Where to go on behind a bracket that closes at ``start``; a link is added to ``found``."""
    begin, inside = opened
    end, put = start + 1, ""
    if (target := _TARGET.match(text, end)) is not None:
        end = target.end()
    elif (reference := _REFERENCE.match(text, end)) is not None and label(
        reference[1] or text[inside:start]
    ) in references:
        end = reference.end()
        put = "" if reference[1] else f"][{text[inside:start]}]"
    elif start - inside < 1000 and label(text[inside:start]) in references:  # the standard's limit
        put = f"][{text[inside:start]}]"  # the label is the text, so it must be said apart once the text is another
    else:
        return end
    found += [Span(begin, inside, Kind.OPEN, "["), Span(start, end, Kind.CLOSE, "[", put=put)]
    return end


class _CodeSpans:
    """Which runs of backticks belong together."""

    def __init__(self, text: str) -> None:
        self._runs: dict[int, list[int]] = {}  # length -> where they are
        for match in re.finditer("`+", text):
            self._runs.setdefault(len(match[0]), []).append(match.start())

    def end(self, start: int, inside: int) -> int | None:
        """Where the code ends that begins with the run from ``start`` to ``inside``; None if it is no code."""
        length = inside - start
        runs = self._runs.get(length, [])
        index = bisect_left(runs, inside)
        return runs[index] + length if index < len(runs) else None


class _Emphasis:
    """Pairs runs of ``*``, ``_`` and ``~~``; but for its rule of three, as CommonMark does."""

    def __init__(self, text: str) -> None:
        self.found: list[Span] = []
        self._text = text
        self._opened: dict[str, list[list[int]]] = {"*": [], "_": [], "~": []}  # start and end of what is left of a run

    def add(self, start: int, end: int) -> None:
        char = self._text[start]
        before, after = self._text[start - 1 : start] or " ", self._text[end : end + 1] or " "
        left = not after.isspace() and (_is_word(after) or not _is_word(before))
        right = not before.isspace() and (_is_word(before) or not _is_word(after))
        opens = left and (char != "_" or not right or not _is_word(before))
        closes = right and (char != "_" or not left or not _is_word(after))
        opened = self._opened[char]
        while closes and start < end and opened:
            begin, stop = opened[-1]
            length = min(2, stop - begin, end - start)
            self.found.append(Span(stop - length, stop, Kind.OPEN, char * length))
            self.found.append(Span(start, start + length, Kind.CLOSE, char * length))
            start += length
            opened[-1][1] -= length
            if begin == opened[-1][1]:
                opened.pop()
        if opens and start < end:
            opened.append([start, end])


def _is_word(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char)[0] not in "PS"
