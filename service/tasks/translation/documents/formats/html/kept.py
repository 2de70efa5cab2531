"""Elements of HTML that are not translated, and elements in them that are: ``translate="yes"`` inside of ``"no"``."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from service.tasks.translation.documents.formats.html.comments import read_comment
from service.tasks.translation.documents.formats.html.elements import RAW, VOID, keeps, raw_end, says_translated
from service.tasks.translation.documents.formats.html.tag_rules import TagRules
from service.tasks.translation.documents.formats.html.tags import TAG, read_attributes

# Whether a start tag, a match of TAG, begins an element that is kept; None if the element is as the one around it.
Keeps = Callable[[re.Match[str]], bool | None]
# Start, end and whether it is kept, of a piece of a kept element.
Piece = tuple[int, int, bool]


@dataclass(slots=True)
class _Region:
    """An open element that is kept or translated, unlike the one around it. ``depth``: open elements of its name."""

    name: str
    is_kept: bool
    depth: int = 1


def keeps_in_html(match: re.Match[str], tags: TagRules) -> bool | None:
    """As HTML and the client's ``tags`` say."""
    name = match["name"].lower()
    return True if name in tags.ignored else keeps(name, _values(match))


def keeps_in_text(match: re.Match[str]) -> bool | None:
    """As the tag itself says: in plain text no name of an element means anything."""
    says = says_translated(_values(match))
    return None if says is None else not says


def kept_pieces(text: str, match: re.Match[str], cdata_end: int, keeps: Keeps, *, whole: bool = False) -> list[Piece]:
    """The pieces of a kept element, which ``match`` begins; one piece if nothing in it is translated.

    ``whole``: nothing is. An element that is never closed extends to the end of the text.
    """
    first = match["name"].lower()
    regions = [_Region(first, True)]
    by_name = {first: regions[:]}
    pieces: list[Piece] = []
    begin, position = match.span()
    while (position := text.find("<", position)) >= 0:
        if (tag := TAG.match(text, position)) is None:
            position, _ = read_comment(text, position, cdata_end)
            continue
        name, before, cut = tag["name"].lower(), regions[-1].is_kept, position
        position = tag.end()
        if tag["close"]:
            cut = position
            if by_name.get(name):
                _close(name, regions, by_name)
        elif name in RAW:
            position = raw_end(text, position, name)
        elif name not in VOID:
            kept = None if whole else keeps(tag)
            if kept is not None and kept != before:
                regions.append(_Region(name, kept))
                by_name.setdefault(name, []).append(regions[-1])
            elif by_name.get(name):
                by_name[name][-1].depth += 1
        if not regions:
            return [*pieces, (begin, cut, before)]
        if regions[-1].is_kept != before:
            pieces.append((begin, cut, before))
            begin = cut
    return [*pieces, (begin, len(text), regions[-1].is_kept)]


def _close(name: str, regions: list[_Region], by_name: dict[str, list[_Region]]) -> None:
    """An element ends. If it is a region, those that were opened in it end too."""
    region = by_name[name][-1]
    region.depth -= 1
    while region.depth == 0:
        last = regions.pop()
        by_name[last.name].pop()
        if last is region:
            break


def _values(match: re.Match[str]) -> dict[str, str]:
    return {name: attribute.value for name, attribute in read_attributes(match).items()}
