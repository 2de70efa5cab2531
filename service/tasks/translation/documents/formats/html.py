"""Reads HTML: cuts it into tags and text by the rules of the standard's tokenizer.

No available parser fits. Those that build a tree (lxml, selectolax) write a new document, so that its bytes change.
html.parser (in the supported releases of Python) and tree-sitter know positions, but take time quadratic in the text
for unclosed quotes or deep nesting. The rules for which characters belong to a tag are a small part of the standard.
Each expression here reads a text once, without backtracking. Markup without an end extends to the end of the text.
"""

import re
from collections.abc import Iterator
from html import unescape

from service.tasks.translation.documents.formats.attributes import shown_values
from service.tasks.translation.documents.formats.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.formats.html_tags import TAG, read_attributes, says_translated
from service.tasks.translation.documents.formats.tag_rules import BY_FORMAT, TagRules
from service.tasks.translation.documents.marks.escaping import TextPlace

_TAG_BEGINS = re.compile(r"</?[a-zA-Z]")
_COMMENT_END = re.compile("--!?>")
_TEXT = re.compile(
    r"(?P<space>[ \t\r\n\f]++)|(?P<entity>&(?:\#[0-9]++|\#[xX][0-9a-fA-F]++|[a-zA-Z][a-zA-Z0-9]{0,30}+);?+)"
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")  # elements without an end tag
_RAW = _names("iframe noembed noframes script style textarea xmp")  # no tags inside
_KEPT = _names("code kbd math pre samp tt var")  # words inside that are not translated
_MEDIA = _names("audio canvas object svg template video")
_BLOCKS = _names(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li link main menu meta "
    "nav noscript ol optgroup option p pre script search section select style summary table tbody td template tfoot th "
    "thead title tr ul"
)


def read_html(text: str, tags: TagRules = BY_FORMAT) -> Iterator[Fragment]:
    """Cut HTML into fragments."""
    position = begin = 0
    cdata_end = text.rfind("]]>")
    while (begin := text.find("<", begin)) >= 0:
        end, markup = _read_markup(text, begin, cdata_end, tags)
        if markup is None:
            begin = end
            continue
        yield from read_characters(text[position:begin])
        yield markup
        position = begin = end
        if markup.name == "title" and markup.kind is FragmentKind.BREAK and not markup.source.startswith("</"):
            end = _raw_end(text, position, "title")
            yield from read_characters(text[position:end])
            position = begin = end
    yield from read_characters(text[position:])


def _read_tag(match: re.Match[str], tags: TagRules) -> Fragment:
    name = match["name"].lower()
    values = shown_values(match, tags.attributes)
    if not tags.is_inline(name, by_format=name not in _BLOCKS):
        return Fragment(FragmentKind.BREAK, match[0], name=name, values=values)
    if match["close"]:
        return Fragment(FragmentKind.CLOSE, match[0], name=name)
    return Fragment(FragmentKind.TAG if name in VOID else FragmentKind.OPEN, match[0], name=name, values=values)


def _read_markup(text: str, begin: int, cdata_end: int, tags: TagRules = BY_FORMAT) -> tuple[int, Fragment | None]:
    """The markup at the ``<`` at ``begin`` and where it ends; None if the ``<`` is text.

    ``cdata_end`` is where the last ``]]>`` of the text begins.
    """
    following = text[begin + 1 : begin + 9]
    if (match := TAG.match(text, begin)) is not None:
        tag = _read_tag(match, tags)
        end = match.end()
        if not match["close"] and (tag.name in _RAW | _MEDIA | _KEPT | tags.ignored or _is_untranslated(match)):
            if tag.name in _RAW:
                end = _tag_end(text, _raw_end(text, end, tag.name))
            elif tag.name not in VOID:
                end = _kept_end(text, end, tag.name, cdata_end)
            is_shown = tag.name not in tags.ignored and not _is_untranslated(match)
            return end, _kept_element(tag, text[begin:end], tag.values if is_shown else ())
        return end, tag
    if _TAG_BEGINS.match(text, begin):
        return len(text), Fragment(FragmentKind.BREAK, text[begin:])  # the tag never ends
    if following.startswith("!--"):
        closed = _COMMENT_END.search(text, begin + 2)
        end = closed.end() if closed else len(text)
        return end, Fragment(FragmentKind.TAG, text[begin:end])
    if following == "![CDATA[" and begin < cdata_end:
        end = text.index("]]>", begin) + 3
        return end, Fragment(FragmentKind.TAG, text[begin:end])
    if following[:1] in ("!", "?", "/") and following[1:2]:
        end = _tag_end(text, begin)
        kind = FragmentKind.BREAK if following[:8].lower() == "!doctype" else FragmentKind.TAG
        return end, Fragment(kind, text[begin:end])
    return begin + 1, None


def _kept_element(tag: Fragment, source: str, values: tuple[tuple[int, int], ...]) -> Fragment:
    """The fragment for an element that is kept as a whole, from its start ``tag`` on, but for these ``values``."""
    if tag.kind is FragmentKind.BREAK:
        return Fragment(FragmentKind.BREAK, source, values=values)
    if tag.name in _RAW | _MEDIA:
        return Fragment(FragmentKind.TAG, source, values=values)
    return Fragment(FragmentKind.KEPT, source, KEPT_WORD, values=values)


def _tag_end(text: str, begin: int) -> int:
    return text.find(">", begin) + 1 or len(text)


def _raw_end(text: str, begin: int, name: str) -> int:
    """The start of the end tag of a raw element, or the end of the text."""
    end_tag = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, begin)
    return end_tag.start() if end_tag else len(text)


def _kept_end(text: str, begin: int, kept: str, cdata_end: int) -> int:
    """The end of a kept element with this name. An element that is never closed extends to the end of the text."""
    depth = 1
    while (begin := text.find("<", begin)) >= 0:
        match = TAG.match(text, begin)
        if match is None:
            begin, _ = _read_markup(text, begin, cdata_end)
            continue
        begin = match.end()
        name = match["name"].lower()
        if name == kept:
            depth += -1 if match["close"] else 1
            if depth == 0:
                return begin
        elif name in _RAW and not match["close"]:
            begin = _raw_end(text, begin, name)
    return len(text)


def _is_untranslated(match: re.Match[str]) -> bool:
    """Whether a start tag has ``translate="no"`` or the class ``notranslate``."""
    values = {name: attribute.value for name, attribute in read_attributes(match).items()}
    return says_translated(values) is False


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
