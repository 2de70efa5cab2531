"""The inside of a Markdown paragraph: emphasis, links, code, tags and escapes, each with its position."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.formats.html.elements import MEDIA, RAW, VOID
from service.tasks.translation.documents.formats.html.kept import Piece
from service.tasks.translation.documents.formats.html.kept_elements import KeptElements
from service.tasks.translation.documents.formats.text import INLINE_TAG, inline_tag
from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, FragmentKind
from service.tasks.translation.documents.marks.placeables import FORMULA

_SPECIAL = re.compile(
    r"""(?P<break>(?:\\|[ ]{2,})\n) | (?P<escape>\\[!-/:-@\[-`{-~]) | (?P<code>`+) | (?P<emphasis>\*+|_+|~~)
    | (?P<task>(?<![^\n])\[[ xX]\](?=\s)) | (?P<note>\[\^[^\[\]\s]++\]) | (?P<open>!?\[) | (?P<close>\])
    | (?P<auto><(?:[a-zA-Z][a-zA-Z0-9+.-]{1,31}:[^\s<>]*+|[^\s<>@]++@[^\s<>]++)>) | (?P<comment><!--[^<>]*+-->)
    | (?P<tag><) | (?P<formula>"""
    + FORMULA
    + ")",
    re.VERBOSE,
)
_TARGET = re.compile(
    r"""\(\s*+ (?:<[^<>\n]*+>|[^\s()<>]*+(?:\([^\s()<>]*+\)[^\s()<>]*+)*+)
    (?:\s++(?:"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\([^()]*+\)))?+ \s*+\)""",
    re.VERBOSE | re.DOTALL,
)
_REFERENCE = re.compile(r"\[([^\[\]]*+)\]")
_LONGEST_LABEL = 1000  # characters; the limit of CommonMark


@dataclass(slots=True)
class InlineSpan:
    """A part of a paragraph that is not plain text. The fields are those of a Fragment."""

    start: int
    end: int
    kind: FragmentKind
    name: str = ""
    shown: str = ""
    replacement: str = ""


def find_inline_spans(
    text: str, references: Container[str], normalize: Callable[[str], str], kept: KeptElements | None = None
) -> list[InlineSpan]:
    """Everything in ``text`` that is not plain text, in order.

    ``references`` holds the normalized labels of the links that the document defines. ``kept`` finds the elements of
    HTML that are kept; without it there are none.
    """
    code = _CodeSpans(text)
    emphasis = _Emphasis(text)
    found: list[InlineSpan] = []
    brackets: list[tuple[int, int]] = []
    position = 0
    while (match := _SPECIAL.search(text, position)) is not None:
        start, position = match.span()
        match match.lastgroup:
            case "break":
                found.append(InlineSpan(start, position, FragmentKind.BREAK))
            case "escape":
                found.append(InlineSpan(start, position, FragmentKind.TEXT, shown=match[0][1:]))
            case "code":
                if (end := code.find_end(start, position)) is not None:
                    found.append(InlineSpan(start, end, FragmentKind.KEPT, shown=KEPT_WORD))
                    position = end
            case "emphasis":
                emphasis.add(start, position)
            case "open":
                brackets.append((start, position))
            case "close":
                if brackets:
                    position = _close_bracket(text, brackets.pop(), start, found, references, normalize)
            case "tag":
                if (tag := INLINE_TAG.match(text, start)) is not None:
                    fragment = inline_tag(tag)
                    name = fragment.name.lower()
                    if kept is not None and (pieces := kept.pieces(start)):
                        position = pieces[-1][1]
                        if len(pieces) > 1:
                            found += _piece_spans(text, pieces, references, normalize)
                        elif name in RAW | MEDIA:
                            found.append(InlineSpan(start, position, FragmentKind.TAG, name))
                        else:
                            found.append(InlineSpan(start, position, FragmentKind.KEPT, name, KEPT_WORD))
                        continue
                    kind = FragmentKind.TAG if name in VOID else fragment.kind
                    position = tag.end()
                    found.append(InlineSpan(start, position, kind, name))
            case "auto" | "formula":
                found.append(InlineSpan(start, position, FragmentKind.KEPT, shown=KEPT_WORD))
            case _:
                found.append(InlineSpan(start, position, FragmentKind.TAG))
    return sorted([*found, *emphasis.found], key=lambda span: span.start)


def _piece_spans(
    text: str, pieces: Sequence[Piece], references: Container[str], normalize: Callable[[str], str]
) -> Iterator[InlineSpan]:
    """The spans of the pieces of a kept element. Those that are translated are paragraphs of their own."""
    for begin, end, is_kept in pieces:
        for span in () if is_kept else find_inline_spans(text[begin:end], references, normalize):
            span.start, span.end = begin + span.start, begin + span.end
            yield span
        yield InlineSpan(begin if is_kept else end, end, FragmentKind.BREAK)


def _close_bracket(
    text: str,
    opened: tuple[int, int],
    start: int,
    found: list[InlineSpan],
    references: Container[str],
    normalize: Callable[[str], str],
) -> int:
    """Append a link to ``found`` if the bracket that closes at ``start`` ends one. Returns where reading continues.

    A link that is looked up by its own text gets an explicit label, because its text will be translated.
    """
    begin, inside = opened
    end, replacement = start + 1, ""
    if (target := _TARGET.match(text, end)) is not None:
        end = target.end()
    elif (reference := _REFERENCE.match(text, end)) is not None and normalize(
        reference[1] or text[inside:start]
    ) in references:
        end = reference.end()
        replacement = "" if reference[1] else f"][{text[inside:start]}]"
    elif start - inside < _LONGEST_LABEL and normalize(text[inside:start]) in references:
        replacement = f"][{text[inside:start]}]"
    else:
        return end
    found += [
        InlineSpan(begin, inside, FragmentKind.OPEN, "["),
        InlineSpan(start, end, FragmentKind.CLOSE, "[", replacement=replacement),
    ]
    return end


class _CodeSpans:
    """Pairs runs of backticks of equal length."""

    def __init__(self, text: str) -> None:
        self._runs: dict[int, list[int]] = {}  # length -> the starts of the runs of this length
        for match in re.finditer("`+", text):
            self._runs.setdefault(len(match[0]), []).append(match.start())

    def find_end(self, start: int, end: int) -> int | None:
        """The end of the code that the run from ``start`` to ``end`` opens; None if no run closes it."""
        length = end - start
        runs = self._runs.get(length, [])
        index = bisect_left(runs, end)
        return runs[index] + length if index < len(runs) else None


class _Emphasis:
    """Pairs runs of ``*``, ``_`` and ``~~`` as CommonMark does, without its rule about multiples of three."""

    def __init__(self, text: str) -> None:
        self.found: list[InlineSpan] = []
        self._text = text
        self._opened: dict[str, list[list[int]]] = {"*": [], "_": [], "~": []}  # [start, end] of the rest of each run

    def add(self, start: int, end: int) -> None:
        """Add the next run; it closes runs that are open, or opens one itself."""
        char = self._text[start]
        before, after = self._text[start - 1 : start] or " ", self._text[end : end + 1] or " "
        left_flanking = not after.isspace() and (_is_word(after) or not _is_word(before))
        right_flanking = not before.isspace() and (_is_word(before) or not _is_word(after))
        opens = left_flanking and (char != "_" or not right_flanking or not _is_word(before))
        closes = right_flanking and (char != "_" or not left_flanking or not _is_word(after))
        opened = self._opened[char]
        while closes and start < end and opened:
            begin, stop = opened[-1]
            length = min(2, stop - begin, end - start)
            self.found.append(InlineSpan(stop - length, stop, FragmentKind.OPEN, char * length))
            self.found.append(InlineSpan(start, start + length, FragmentKind.CLOSE, char * length))
            start += length
            opened[-1][1] -= length
            if begin == opened[-1][1]:
                opened.pop()
        if opens and start < end:
            opened.append([start, end])


def _is_word(char: str) -> bool:
    """Whether the character is neither white space nor punctuation."""
    return not char.isspace() and unicodedata.category(char)[0] not in "PS"
