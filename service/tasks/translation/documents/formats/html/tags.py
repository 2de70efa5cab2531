"""Tags of HTML: which characters belong to one, and the places of its attributes, by the rules of the standard."""

import re
from dataclasses import dataclass
from html import unescape

_NAME = r"[a-zA-Z][^\s/>]*+"
_ATTRIBUTE = (
    r"""[\s/]*+ ([^\s/>][^\s/>=]*+) (?: \s*+=\s*+ (?: "([^"]*+)" | '([^']*+)' | ([^\s>"'][^\s>]*+) | (?=>) ) )?+"""
)
TAG = re.compile(rf"<(?P<close>/?)(?P<name>{_NAME})(?P<attributes>(?:{_ATTRIBUTE})*+)[\s/]*+>", re.VERBOSE)
_ATTRIBUTES = re.compile(_ATTRIBUTE, re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a tag. ``begin`` and ``end`` are the place of its value in the tag, with its quotes."""

    value: str  # as a browser reads it
    begin: int
    end: int


def read_attributes(match: re.Match[str]) -> dict[str, Attribute]:
    """The attributes of a match of ``TAG``, by their names in lower case. Of two with one name the first counts."""
    found: dict[str, Attribute] = {}
    if not match["attributes"]:
        return found
    offset = match.start("attributes") - match.start()
    for each in _ATTRIBUTES.finditer(match["attributes"]):
        group = next((number for number in (2, 3, 4) if each[number] is not None), 0)
        begin, end = each.span(group) if group else (each.end(), each.end())
        quoted = group in (2, 3)
        value = unescape(each[group]) if group else ""
        found.setdefault(each[1].lower(), Attribute(value, offset + begin - quoted, offset + end + quoted))
    return found
