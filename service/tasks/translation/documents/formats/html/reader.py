"""Reads HTML: cuts it into tags and text by the rules of the standard's tokenizer.

No available parser fits. Those that build a tree (lxml, selectolax) write a new document, so that its bytes change.
html.parser (in the supported releases of Python) and tree-sitter know positions, but take time quadratic in the text
for unclosed quotes or deep nesting. The rules for which characters belong to a tag are a small part of the standard.
Each expression here reads a text once, without backtracking. Markup without an end extends to the end of the text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from html import unescape

from service.tasks.translation.documents.formats.html.attributes import shown_values
from service.tasks.translation.documents.formats.html.comments import read_comment, tag_end
from service.tasks.translation.documents.formats.html.elements import BLOCKS, MEDIA, RAW, VOID, raw_end
from service.tasks.translation.documents.formats.html.kept import keeps_in_html, kept_pieces
from service.tasks.translation.documents.formats.html.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.formats.html.tags import TAG
from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.marks.escaping import TextPlace

_TEXT = re.compile(
    r"(?P<space>[ \t\r\n\f]++)|(?P<entity>&(?:\#[0-9]++|\#[xX][0-9a-fA-F]++|[a-zA-Z][a-zA-Z0-9]{0,30}+);?+)"
)


def read_html(text: str, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut HTML into fragments."""
    position = begin = 0
    cdata_end = text.rfind("]]>")
    while (begin := text.find("<", begin)) >= 0:
        end, markup = _read_markup(text, begin, cdata_end, tags)
        if not markup:
            begin = end
            continue
        yield from read_characters(text[position:begin])
        yield from markup
        position = begin = end
        if markup[0].name == "title" and markup[0].kind is FragmentKind.BREAK and not markup[0].source.startswith("</"):
            end = raw_end(text, position, "title")
            yield from read_characters(text[position:end])
            position = begin = end
    yield from read_characters(text[position:])


def _read_tag(match: re.Match[str], tags: TagRules) -> Fragment:
    name = match["name"].lower()
    values = () if name in tags.ignored else shown_values(match, tags.attributes)
    if not tags.is_inline(name, by_format=name not in BLOCKS):
        return Fragment(FragmentKind.BREAK, match[0], name=name, values=values)
    if match["close"]:
        return Fragment(FragmentKind.CLOSE, match[0], name=name)
    return Fragment(FragmentKind.TAG if name in VOID else FragmentKind.OPEN, match[0], name=name, values=values)


def _read_markup(text: str, begin: int, cdata_end: int, tags: TagRules) -> tuple[int, Sequence[Fragment]]:
    """The fragments of the markup at the ``<`` at ``begin`` and where it ends; none if the ``<`` is text.

    ``cdata_end`` is where the last ``]]>`` of the text begins.
    """
    if (match := TAG.match(text, begin)) is None:
        end, comment = read_comment(text, begin, cdata_end)
        return end, () if comment is None else (comment,)
    tag = _read_tag(match, tags)
    if match["close"] or not keeps_in_html(match, tags):
        return match.end(), (tag,)
    if tag.name in VOID:
        return match.end(), (_kept_element(tag, match[0]),)
    if tag.name in RAW:
        end = tag_end(text, raw_end(text, match.end(), tag.name))
        return end, (_kept_element(tag, text[begin:end]),)
    keeps = partial(keeps_in_html, tags=tags)
    pieces = kept_pieces(text, match, cdata_end, keeps, whole=tag.name in tags.ignored)
    end = pieces[-1][1]
    if len(pieces) == 1:
        return end, (_kept_element(tag, text[begin:end]),)
    start = Fragment(FragmentKind.BREAK, text[begin : pieces[0][1]], values=tag.values)
    return end, (start, *_read_pieces(text, pieces[1:], tags))


def _kept_element(tag: Fragment, source: str) -> Fragment:
    """The fragment for an element that is kept as a whole, from its start ``tag`` on."""
    if tag.kind is FragmentKind.BREAK:
        return Fragment(FragmentKind.BREAK, source, values=tag.values)
    if tag.name in RAW | MEDIA:
        return Fragment(FragmentKind.TAG, source, values=tag.values)
    return Fragment(FragmentKind.KEPT, source, KEPT_WORD, values=tag.values)


def _read_pieces(text: str, pieces: Iterable[tuple[int, int, bool]], tags: TagRules) -> Iterator[Fragment]:
    """The fragments of parts of a kept element. Those that are translated are paragraphs of their own."""
    for begin, end, is_kept in pieces:
        if not is_kept:
            yield from read_html(text[begin:end], tags)
        yield Fragment(FragmentKind.BREAK, text[begin:end] if is_kept else "")


def read_characters(text: str, place: TextPlace = TextPlace.MARKUP) -> Iterator[Fragment]:
    """Text between markup or in an attribute, as a browser shows it."""
    position = 0
    for match in _TEXT.finditer(text):
        shown = " " if match["space"] else unescape(match[0])
        if shown == match[0]:
            continue
        if position < match.start():
            yield _text_fragment(text[position : match.start()], place)
        yield Fragment(FragmentKind.TEXT, match[0], shown, place=place)
        position = match.end()
    if position < len(text):
        yield _text_fragment(text[position:], place)


def _text_fragment(text: str, place: TextPlace) -> Fragment:
    return Fragment(FragmentKind.TEXT, text, text, place=place)
