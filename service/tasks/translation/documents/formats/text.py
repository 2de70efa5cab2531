"""Plain text: each line is a paragraph, without its indentation and bullets. Tags in a line become fragments too."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from service.tasks.translation.documents.formats.html.kept import keeps_in_text
from service.tasks.translation.documents.formats.html.kept_elements import KeptElements
from service.tasks.translation.documents.formats.marker_lines import title_of
from service.tasks.translation.documents.fragments.fragment import KEPT_WORD, Fragment, FragmentKind
from service.tasks.translation.documents.messages.message_reader import split_messages

# A space follows the bullets and numbers of a list, except for Chinese numbers.
BULLETS = re.compile(
    r"[ \t\u3000]*+(?:(?:(?:[-*+•‣◦▪·–—○●■□►]|\(?[0-9]{1,3}[.)]|\(?[a-zA-Z]\))[ \t]++|[0-9一二三四五六七八九十]{1,3}、|"
    r"（[0-9一二三四五六七八九十]{1,3}）)[ \t]*+)*+"
)
# A quoted value may hold no "<", so that a text full of "<" takes linear time. "<y and z>" and "<<y>>" are not tags in
# plain text.
INLINE_TAG = re.compile(
    r"""(?<!<)<(?: (?P<close>/?)(?P<name>[a-zA-Z0-9][\w:.-]*+) (?:=[^\s"'<>=`]{1,64}+)?+
    (?:\s++[a-zA-Z_:@][\w:.@-]*+\s*+=\s*+(?:\\?"[^"<>]*+"|\\?'[^'<>]*+'|[^\s"'<>=`]++))*+
    \s*+(?P<alone>/?) | (?P<voice>v|lang)(?:\.[\w.-]++)?+[ \t]++[^<>\n"=]{1,100}+ )>(?!>)""",
    re.VERBOSE,
)
LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def read_text(text: str) -> Iterator[Fragment]:
    """Cut plain text into fragments."""
    begins = True
    whole = Fragment(FragmentKind.TEXT, text, text)
    for fragment in _without_tags(split_messages([whole])):
        if fragment.kind is FragmentKind.TEXT:
            for part in _read_lines(fragment.source, begins):
                yield replace(part, syntax=fragment.syntax) if fragment.syntax else part
        else:
            yield fragment
        begins = fragment.kind is not FragmentKind.KEPT


def _without_tags(fragments: Iterable[Fragment]) -> Iterator[Fragment]:
    """The fragments, with the parts of each message that has tags in its leaves."""
    for fragment in fragments:
        message = fragment.message
        if message is not None and any(
            INLINE_TAG.search(part.source) for leaf in message.leaves for part in leaf.fragments
        ):
            yield from _without_tags(message.parts)
        else:
            yield fragment


def _read_lines(text: str, begins: bool) -> Iterator[Fragment]:
    """The fragments of several lines. ``begins``: the text begins a line, so that it may have a bullet."""
    position = 0
    for match in LINE_BREAK.finditer(text):
        yield from _read_line(text[position : match.start()], begins)
        yield Fragment(FragmentKind.BREAK, match[0])
        position, begins = match.end(), True
    yield from _read_line(text[position:], begins)


def inline_tag(match: re.Match[str]) -> Fragment:
    """The fragment for a match of ``INLINE_TAG``."""
    kind = FragmentKind.TAG if match["alone"] else FragmentKind.CLOSE if match["close"] else FragmentKind.OPEN
    return Fragment(kind, match[0], name=match["name"] or match["voice"])  # a voice or a language of WebVTT


def _read_line(line: str, begins: bool) -> Iterator[Fragment]:
    position, end = 0, len(line)
    if begins and (bullets := BULLETS.match(line)) is not None:  # the match may be empty
        position = bullets.end()
        if (title := title_of(line[position:])) is not None:
            position, end = position + title[0], position + title[1]
        if position:
            yield Fragment(FragmentKind.BREAK, line[:position])
    text = line[position:end]
    yield from _read_tags(text, KeptElements(text, keeps_in_text))
    if end < len(line):
        yield Fragment(FragmentKind.BREAK, line[end:])


def _read_tags(text: str, kept: KeptElements | None) -> Iterator[Fragment]:
    """The fragments of a text with tags in it. Without ``kept`` no element of it is."""
    position = 0
    for match in INLINE_TAG.finditer(text):
        if match.start() < position:  # inside of an element that is kept
            continue
        if position < match.start():
            yield Fragment(FragmentKind.TEXT, text[position : match.start()], text[position : match.start()])
        begin, position = match.span()
        match kept.pieces(begin) if kept is not None else []:
            case []:
                yield inline_tag(match)
            case [(begin, position, _)]:
                yield Fragment(FragmentKind.KEPT, text[begin:position], KEPT_WORD)
            case pieces:
                position = pieces[-1][1]
                for begin, end, is_kept in pieces:
                    if not is_kept:
                        yield from _read_tags(text[begin:end], None)
                    yield Fragment(FragmentKind.BREAK, text[begin:end] if is_kept else "")
    if position < len(text):
        yield Fragment(FragmentKind.TEXT, text[position:], text[position:])
