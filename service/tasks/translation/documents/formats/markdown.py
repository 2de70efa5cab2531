"""Reads Markdown: markdown-it finds the blocks, and each line of their text is located in the source.

A block whose text is not found is kept untranslated.
"""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference, unescapeAll

from service.tasks.translation.documents.formats.html.attributes import has_words, values_of_tag
from service.tasks.translation.documents.formats.html.kept import Piece, keeps_in_html
from service.tasks.translation.documents.formats.html.kept_elements import KeptElements
from service.tasks.translation.documents.formats.html.reader import read_html
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.formats.markdown_block import BlockText
from service.tasks.translation.documents.formats.markdown_inline import find_inline_spans
from service.tasks.translation.documents.formats.marker_lines import title_of
from service.tasks.translation.documents.fragments.fragment import Fragment, FragmentKind
from service.tasks.translation.documents.marks.escaping import TextPlace

_PARSER = MarkdownIt("commonmark", {"inline_definitions": True}).enable("table").disable("inline")
_LINE = re.compile(r"[^\r\n]*+(?:\r\n|\r|\n|$)")
_TITLE = r"""\s("[^"\\]*+"|'[^'\\]*+')\s*"""  # one with an escape is kept
_LINK_TITLE = re.compile(rf"{_TITLE}\)\Z")
_DEFINITION_TITLE = re.compile(rf"{_TITLE}\Z")
# Elements around other blocks, which always have an end tag.
_WRAPPER = re.compile(r"<(?:article|aside|blockquote|center|details|div|figure|main|nav|section)[\s>]", re.IGNORECASE)
_FRONT_MATTER = re.compile(r"(?:---|(\+\+\+))[ \t]*+(?:\r\n|\r|\n)")  # YAML, or TOML
_FRONT_MATTER_END = {
    None: re.compile(r"^(?:---|\.\.\.)[ \t]*+\r?$", re.MULTILINE),
    "+++": re.compile(r"^\+\+\+[ \t]*+\r?$", re.MULTILINE),
}


def read_markdown(text: str, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut Markdown into fragments. ``tags`` are for the HTML in it."""
    position = _front_matter_end(text)
    lines = [match.span() for match in _LINE.finditer(text, position)]
    environment: dict[str, Any] = {}
    tokens = _PARSER.parse(text[position:].replace("\0", "\ufffd"), environment)
    references = environment.get("references", {})
    in_table = False
    kept = KeptElements(text, partial(keeps_in_html, tags=tags))
    kept_end = 0  # of an element that begins in one block and ends in another
    if position:
        yield Fragment(FragmentKind.BREAK, text[:position])
    for token in tokens:
        in_table = token.type == "table_open" or (in_table and token.type != "table_close")
        if token.map is None or (token.map[0] < len(lines) and lines[token.map[0]][0] < kept_end):
            continue
        if token.type == "html_block" and token.level == 0:
            begin, end = lines[token.map[0]][0], lines[token.map[1] - 1][1]
            yield Fragment(FragmentKind.BREAK, text[position:begin])
            pieces = kept.pieces(begin) if _WRAPPER.match(text, begin) else []
            if pieces and pieces[-1][1] > end:
                end = kept_end = pieces[-1][1]
                yield from _read_pieces(text, pieces, tags)
            else:
                yield from read_html(text[begin:end], tags)
                yield Fragment(FragmentKind.BREAK, "")
            position = end
        elif (
            token.type == "definition" and references[token.meta["id"]]["map"] == token.map
        ):  # a repeated one is ignored
            begin, end = lines[token.map[1] - 1]
            title = _DEFINITION_TITLE.search(text[begin:end]) if "title" in tags.attributes else None
            if title is not None and unescapeAll(title[1][1:-1]) == token.meta["title"] and has_words(title[1]):
                value = (begin - position + title.start(1), begin - position + title.end(1))
                yield Fragment(FragmentKind.BREAK, text[position:end], place=TextPlace.LINK_TITLE, values=(value,))
                position = end
        elif token.type == "inline" and (block := BlockText.find(text, token, lines, position, in_table)) is not None:
            yield Fragment(FragmentKind.BREAK, text[position : block.begin])
            place = TextPlace.CELL if in_table else TextPlace.MARKDOWN
            yield from _read_block(text, block, references, place, tags)
            position = block.end
    yield Fragment(FragmentKind.BREAK, text[position:])


def _read_pieces(text: str, pieces: Sequence[Piece], tags: TagRules) -> Iterator[Fragment]:
    """The fragments of an element that is kept with the blocks of Markdown in it, and of what is translated in it."""
    for begin, end, is_kept in pieces:
        yield from () if is_kept else read_markdown(text[begin:end], tags)
        yield Fragment(FragmentKind.BREAK, text[begin:end] if is_kept else "")


def _front_matter_end(text: str) -> int:
    if (begin := _FRONT_MATTER.match(text)) is None:
        return 0
    end = _FRONT_MATTER_END[begin[1]].search(text, begin.end())
    return end.end() if end else 0


def _read_block(
    source: str, block: BlockText, references: dict[str, object], place: TextPlace, tags: TagRules
) -> Iterator[Fragment]:
    position = 0
    for begin, end in _text_spans(block.text, marked=place is TextPlace.MARKDOWN):
        if position < begin:
            yield Fragment(FragmentKind.BREAK, source[block.to_source(position) : block.to_source(begin)])
        position = begin
        text = block.text[begin:end]
        kept = KeptElements(text, partial(keeps_in_html, tags=tags))
        for span in find_inline_spans(text, references, normalizeReference, kept):
            start, stop = begin + span.start, begin + span.end
            yield from _read_plain(source, block, position, start, place)
            markup = source[block.to_source(start) : block.to_source(stop)]
            is_ignored = span.kind is FragmentKind.TEXT or span.name in tags.ignored
            values = () if is_ignored else _values(markup, tags)
            is_title = values and span.kind is FragmentKind.CLOSE
            yield Fragment(
                span.kind,
                markup,
                span.shown,
                span.name,
                place=TextPlace.LINK_TITLE if is_title else place,
                replacement=span.replacement,
                values=values,
            )
            position = stop
        yield from _read_plain(source, block, position, end, place)
        position = end
    if position < len(block.text):
        yield Fragment(FragmentKind.BREAK, source[block.to_source(position) : block.end])


def _values(markup: str, tags: TagRules) -> tuple[tuple[int, int], ...]:
    """The places of the values that are shown in the HTML tag that begins markup, or of the title at the end of a link.

    Markup on several lines may hold layout, and has none.
    """
    if "\n" in markup or "\r" in markup:
        return ()
    if markup.startswith("<"):
        return values_of_tag(markup, tags.attributes)
    title = _LINK_TITLE.search(markup) if "title" in tags.attributes and markup.startswith("](") else None
    return (title.span(1),) if title is not None and has_words(title[1]) else ()


def _text_spans(text: str, *, marked: bool) -> Iterator[tuple[int, int]]:
    """The parts of a block that are text: the titles of its lines that are markers, and what is between these lines."""
    begin = position = 0
    for line in text.split("\n") if marked else ():
        if (title := title_of(line)) is not None:
            if begin < position:
                yield begin, position - 1  # without the line break
            if title[0] < title[1]:
                yield position + title[0], position + title[1]
            begin = position + len(line) + 1
        position += len(line) + 1
    if begin < len(text):
        yield begin, len(text)


def _read_plain(source: str, block: BlockText, begin: int, end: int, place: TextPlace) -> Iterator[Fragment]:
    """The text between two spans. A line break is shown as a space, together with the layout of the next line."""
    while begin < end:
        line_break = block.text.find("\n", begin, end)
        stop = end if line_break < 0 else line_break
        if begin < stop:
            text = source[block.to_source(begin) : block.to_source(stop)]
            yield Fragment(FragmentKind.TEXT, text, text, place=place)
        if line_break >= 0:
            text = source[block.to_source(line_break) : block.to_source(line_break + 1)]
            yield Fragment(FragmentKind.TEXT, text, " ", place=place)
        begin = stop + (line_break >= 0)
