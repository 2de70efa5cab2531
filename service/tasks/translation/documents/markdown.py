"""Markdown: its blocks as markdown-it reads them, each line of text found again in the source.

markdown-it says which lines a block has and what of them is text, but not where in them; the text of a line is a part
of the line, so it is looked for. What is not found again so is kept as it is.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

from service.tasks.translation.documents import html
from service.tasks.translation.documents.inline import spans
from service.tasks.translation.documents.piece import Kind, Piece, Place

_PARSER = MarkdownIt("commonmark").enable("table").disable("inline")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|$)")
_FRONT_MATTER = re.compile(r"---[ \t]*+(?:\r\n|\r|\n)")
_FRONT_MATTER_END = re.compile(r"^(?:---|\.\.\.)[ \t]*+$", re.MULTILINE)


def read(text: str) -> Iterator[Piece]:
    position = _front_matter_end(text)
    lines = [match.span() for match in _LINE.finditer(text, position)]
    environment: dict[str, dict[str, object]] = {}
    tokens = _PARSER.parse(text[position:].replace("\0", "\ufffd"), environment)
    references = environment.get("references", {})
    in_table = False
    if position:
        yield Piece(Kind.BREAK, text[:position])
    for token in tokens:
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.map is None:
            continue
        if token.type == "html_block" and token.level == 0:
            begin, end = lines[token.map[0]][0], lines[token.map[1] - 1][1]
            yield from _between(text, position, begin)
            yield from html.read(text[begin:end])
            yield Piece(Kind.BREAK, "")
            position = end
        elif token.type == "inline" and (found := _Lines.find(text, token, lines, position, in_table)) is not None:
            yield from _between(text, position, found.begin)
            yield from _inline(text, found, references, Place.CELL if in_table else Place.MARKDOWN)
            position = found.end
    yield from _between(text, position, len(text))


def _front_matter_end(text: str) -> int:
    if (begin := _FRONT_MATTER.match(text)) is None:
        return 0
    end = _FRONT_MATTER_END.search(text, begin.end())
    return end.end() if end else 0


def _between(text: str, begin: int, end: int) -> Iterator[Piece]:
    yield Piece(Kind.BREAK, text[begin:end])


@dataclass(frozen=True, slots=True)
class _Lines:
    """The text of a block, and where its lines begin in it and in the whole text."""

    text: str
    starts: list[int]
    sources: list[int]

    @classmethod
    def find(
        cls, text: str, token: Token, lines: list[tuple[int, int]], position: int, in_table: bool
    ) -> "_Lines | None":
        assert token.map is not None
        content = token.content.replace("|", r"\|") if in_table else token.content
        starts, sources = [], []
        length = 0
        for number, line in enumerate(content.split("\n"), token.map[0]):
            if number >= len(lines):
                return None
            begin, end = lines[number]
            source = text[begin:end].replace("\0", "\ufffd").find(line, max(0, position - begin))
            if source < 0:
                return None
            starts.append(length)
            sources.append(begin + source)
            length += len(line) + 1
        return cls(content, starts, sources)

    @property
    def begin(self) -> int:
        return self.sources[0]

    @property
    def end(self) -> int:
        return self.source(len(self.text))

    def source(self, position: int) -> int:
        line = bisect_right(self.starts, position) - 1
        return self.sources[line] + position - self.starts[line]


def _inline(text: str, lines: _Lines, references: dict[str, object], place: Place) -> Iterator[Piece]:
    position = 0
    for span in spans(lines.text, references, normalizeReference):
        yield from _text(text, lines, position, span.start, place)
        source = text[lines.source(span.start) : lines.source(span.end)]
        yield Piece(span.kind, source, span.shown, span.name, place=place, put=span.put)
        position = span.end
    yield from _text(text, lines, position, len(lines.text), place)


def _text(text: str, lines: _Lines, begin: int, end: int, place: Place) -> Iterator[Piece]:
    """What stands between two marks; a line break is a space, with all that begins the next line."""
    while begin < end:
        line = lines.text.find("\n", begin, end)
        stop = end if line < 0 else line
        if begin < stop:
            source = text[lines.source(begin) : lines.source(stop)]
            yield Piece(Kind.TEXT, source, source, place=place)
        if line >= 0:
            yield Piece(Kind.TEXT, text[lines.source(line) : lines.source(line + 1)], " ", place=place)
        begin = stop + (line >= 0)
