"""HTML, cut into tags and text as the standard's tokenizer does it.

None of the parsers at hand would do. Those that build a tree (lxml, selectolax) write it anew, so nothing stays byte
for byte; html.parser (in the releases this is written for) and tree-sitter know where things stand, but both take time
quadratic in the text for unclosed quotes or deep nesting. Which characters belong to a tag is a small part of the
standard. Each expression here takes a text once and never goes back, and what has no end takes all that follows.
"""

import re
from collections.abc import Iterator
from html import unescape

from service.tasks.translation.documents.piece import KEPT_NAME, Kind, Piece, Place

_NAME = r"[a-zA-Z][^\s/>]*+"
_ATTRIBUTE = (
    r"""[\s/]*+ ([^\s/>][^\s/>=]*+) (?: \s*+=\s*+ (?: "([^"]*+)" | '([^']*+)' | ([^\s>"'][^\s>]*+) | (?=>) ) )?+"""
)
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_NAME})(?P<attributes>(?:{_ATTRIBUTE})*+)[\s/]*+>", re.VERBOSE)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.VERBOSE)
_TAG_BEGINS = re.compile(r"</?[a-zA-Z]")
_COMMENT_END = re.compile("--!?>")
_TEXT = re.compile(
    r"(?P<space>[ \t\r\n\f]++)|(?P<entity>&(?:\#[0-9]++|\#[xX][0-9a-fA-F]++|[a-zA-Z][a-zA-Z0-9]{0,30}+);?+)"
)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


VOID = _names("area base br col embed hr img input link meta param source track wbr")
_RAW = _names("iframe noembed noframes script style textarea xmp")  # no tags in them
_KEPT = _names("code kbd math pre samp tt var")  # with their words
_MEDIA = _names("audio canvas object svg template video")
_BLOCKS = _names(
    "address article aside blockquote body caption center col colgroup dd details dialog dir div dl dt fieldset "
    "figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li link main menu meta "
    "nav noscript ol optgroup option p pre script search section select style summary table tbody td template tfoot th "
    "thead title tr ul"
)


def read(text: str) -> Iterator[Piece]:
    position = begin = 0
    cdata_end = text.rfind("]]>")
    while (begin := text.find("<", begin)) >= 0:
        end, found = _markup(text, begin, cdata_end)
        if found is None:
            begin = end
            continue
        yield from _text(text[position:begin])
        yield found
        position = begin = end
        if found.name == "title" and found.kind is Kind.BREAK and not found.source.startswith("</"):
            end = _raw_end(text, position, "title")
            yield from _text(text[position:end])
            position = begin = end
    yield from _text(text[position:])


def tag(match: re.Match[str]) -> Piece:
    """The piece that a tag is by itself."""
    name = match["name"].lower()
    if name in _BLOCKS:
        return Piece(Kind.BREAK, match[0], name=name)
    if match["close"]:
        return Piece(Kind.CLOSE, match[0], name=name)
    return Piece(Kind.TAG if name in VOID else Kind.OPEN, match[0], name=name)


def _markup(text: str, begin: int, cdata_end: int) -> tuple[int, Piece | None]:
    """The markup that begins at ``begin``, if it is any, and where to go on; ``cdata_end`` is where a CDATA may end."""
    following = text[begin + 1 : begin + 9]
    if (match := TAG.match(text, begin)) is not None:
        piece = tag(match)
        end = match.end()
        if not match["close"] and (piece.name in _RAW | _MEDIA | _KEPT or _untranslated(match)):
            if piece.name in _RAW:
                end = _element_end(text, _raw_end(text, end, piece.name))
            elif piece.name not in VOID:
                end = _kept_end(text, end, piece.name, cdata_end)
            return end, _kept_element(piece, text[begin:end])
        return end, piece
    if _TAG_BEGINS.match(text, begin):
        return _kept(text, begin, len(text), Kind.BREAK)  # a tag without end
    if following.startswith("!--"):
        closed = _COMMENT_END.search(text, begin + 2)
        return _kept(text, begin, closed.end() if closed else len(text))
    if following == "![CDATA[" and begin < cdata_end:
        return _kept(text, begin, text.index("]]>", begin) + 3)
    if following[:1] in ("!", "?", "/") and following[1:2]:
        kind = Kind.BREAK if following[:8].lower() == "!doctype" else Kind.TAG
        return _kept(text, begin, _element_end(text, begin), kind)
    return begin + 1, None


def _kept_element(piece: Piece, source: str) -> Piece:
    if piece.kind is Kind.BREAK:
        return Piece(Kind.BREAK, source)
    if piece.name in _RAW | _MEDIA:
        return Piece(Kind.TAG, source)
    return Piece(Kind.KEPT, source, KEPT_NAME)


def _kept(text: str, begin: int, end: int, kind: Kind = Kind.TAG) -> tuple[int, Piece]:
    return end, Piece(kind, text[begin:end])


def _element_end(text: str, begin: int) -> int:
    return text.find(">", begin) + 1 or len(text)


def _raw_end(text: str, begin: int, name: str) -> int:
    """Where the end tag of an element begins that has no other tags in it."""
    found = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(text, begin)
    return found.start() if found else len(text)


def _kept_end(text: str, begin: int, kept: str, cdata_end: int) -> int:
    """Where an element ends that is not translated; what is never closed takes all that follows."""
    depth = 1
    while (begin := text.find("<", begin)) >= 0:
        match = TAG.match(text, begin)
        if match is None:
            begin, _ = _markup(text, begin, cdata_end)
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


def _untranslated(match: re.Match[str]) -> bool:
    if match["close"] or not match["attributes"]:
        return False
    for name, *values in _ATTRIBUTES.findall(match["attributes"]):
        value = "".join(values).lower()
        if (name.lower() == "translate" and value == "no") or (
            name.lower() == "class" and "notranslate" in value.split()
        ):
            return True
    return False


def _text(text: str) -> Iterator[Piece]:
    """Text in HTML: what a browser shows of it."""
    position = 0
    for match in _TEXT.finditer(text):
        shown = " " if match["space"] else unescape(match[0])
        if shown == match[0]:
            continue
        if position < match.start():
            yield _characters(text[position : match.start()])
        yield Piece(Kind.TEXT, match[0], shown, place=Place.MARKUP)
        position = match.end()
    if position < len(text):
        yield _characters(text[position:])


def _characters(text: str) -> Piece:
    return Piece(Kind.TEXT, text, text, place=Place.MARKUP)
