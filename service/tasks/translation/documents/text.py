"""Plain text: every line by itself, without its indentation and bullets. Tags in it are marks all the same."""

import re
from collections.abc import Iterator

from service.tasks.translation.documents.piece import Kind, Piece

# Bullets and numbers of a list stand before a space, but for the ones that Chinese sets.
BULLETS = re.compile(
    r"[ \t\u3000]*+(?:(?:(?:[-*+•‣◦▪·–—○●■□►]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z]\))[ \t]++|[0-9一二三四五六七八九十]{1,3}、|"
    r"（[0-9一二三四五六七八九十]{1,3}）)[ \t]*+)*+"
)
# A quoted value may hold no "<", so that a text full of them takes no longer; "<y and z>" is no tag in a text.
INLINE_TAG = re.compile(
    r"""<(?P<close>/?)(?P<name>[a-zA-Z0-9][\w:.-]*+)
    (?:\s++[a-zA-Z_:@][\w:.@-]*+\s*+=\s*+(?:\\?"[^"<>]*+"|\\?'[^'<>]*+'|[^\s"'<>=`]++))*+
    \s*+(?P<alone>/?)>""",
    re.VERBOSE,
)
LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def read(text: str) -> Iterator[Piece]:
    position = 0
    for match in LINE_BREAK.finditer(text):
        yield from _line(text[position : match.start()])
        yield Piece(Kind.BREAK, match[0])
        position = match.end()
    yield from _line(text[position:])


def inline_tag(match: re.Match[str]) -> Piece:
    """The piece that a tag in a text is."""
    kind = Kind.TAG if match["alone"] else Kind.CLOSE if match["close"] else Kind.OPEN
    return Piece(kind, match[0], name=match["name"])


def _line(line: str) -> Iterator[Piece]:
    bullets = BULLETS.match(line)
    assert bullets is not None  # it may be empty
    if bullets[0]:
        yield Piece(Kind.BREAK, bullets[0])
    position = bullets.end()
    for match in INLINE_TAG.finditer(line, position):
        if position < match.start():
            yield Piece(Kind.TEXT, line[position : match.start()], line[position : match.start()])
        yield inline_tag(match)
        position = match.end()
    if position < len(line):
        yield Piece(Kind.TEXT, line[position:], line[position:])
