"""Plain text: each line is a paragraph, without its indentation and bullets. Tags in a line become fragments too."""

import re
from collections.abc import Iterator

from service.tasks.translation.documents.formats.fragment import Fragment, FragmentKind

# A space follows the bullets and numbers of a list, except for Chinese numbers.
BULLETS = re.compile(
    r"[ \t\u3000]*+(?:(?:(?:[-*+•‣◦▪·–—○●■□►]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z]\))[ \t]++|[0-9一二三四五六七八九十]{1,3}、|"
    r"（[0-9一二三四五六七八九十]{1,3}）)[ \t]*+)*+"
)
# A quoted value may hold no "<", so that a text full of "<" takes linear time. "<y and z>" and "<<y>>" are not tags in
# plain text.
INLINE_TAG = re.compile(
    r"""(?<!<)<(?P<close>/?)(?P<name>[a-zA-Z0-9][\w:.-]*+)
    (?:\s++[a-zA-Z_:@][\w:.@-]*+\s*+=\s*+(?:\\?"[^"<>]*+"|\\?'[^'<>]*+'|[^\s"'<>=`]++))*+
    \s*+(?P<alone>/?)>(?!>)""",
    re.VERBOSE,
)
LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def read_text(text: str) -> Iterator[Fragment]:
    """Cut plain text into fragments."""
    position = 0
    for match in LINE_BREAK.finditer(text):
        yield from _read_line(text[position : match.start()])
        yield Fragment(FragmentKind.BREAK, match[0])
        position = match.end()
    yield from _read_line(text[position:])


def inline_tag(match: re.Match[str]) -> Fragment:
    """The fragment for a match of ``INLINE_TAG``."""
    kind = FragmentKind.TAG if match["alone"] else FragmentKind.CLOSE if match["close"] else FragmentKind.OPEN
    return Fragment(kind, match[0], name=match["name"])


def _read_line(line: str) -> Iterator[Fragment]:
    bullets = BULLETS.match(line)
    assert bullets is not None  # the match may be empty, but there is always one
    if bullets[0]:
        yield Fragment(FragmentKind.BREAK, bullets[0])
    position = bullets.end()
    for match in INLINE_TAG.finditer(line, position):
        if position < match.start():
            yield Fragment(FragmentKind.TEXT, line[position : match.start()], line[position : match.start()])
        yield inline_tag(match)
        position = match.end()
    if position < len(line):
        yield Fragment(FragmentKind.TEXT, line[position:], line[position:])
