"""Attributes of HTML whose values people see or hear.

They are the translatable attributes of the HTML standard, and those of WAI-ARIA that are texts, on any element where
the name has no other meaning. The value of a submit button with a name is sent to the server, so it stays.
"""

import re
from collections.abc import Mapping, Set

from service.tasks.translation.documents.formats.html.elements import says_translated
from service.tasks.translation.documents.formats.html.tags import TAG, read_attributes

_ARIA = ("braillelabel", "description", "label", "placeholder", "roledescription", "valuetext")
_ANYWHERE = frozenset(["alt", "placeholder", "title", *(f"aria-{name}" for name in _ARIA)])
_OF_ELEMENTS = {"abbr": ("th",), "label": ("optgroup", "option", "track")}
_OF_CARDS = ("description", "image:alt", "title")  # what sites show for a link to the page
_DESCRIPTIONS = frozenset(["description", *(f"{site}:{name}" for site in ("og", "twitter") for name in _OF_CARDS)])
_WORD = re.compile(r"[^\W\d_]{2}|[^\W\d_a-zA-Z]")  # a single Latin letter is none
SHOWN_ATTRIBUTES = _ANYWHERE | {*_OF_ELEMENTS, "content", "value"}


def is_shown(element: str, name: str, attributes: Mapping[str, str]) -> bool:
    """Whether people see or hear the attribute ``name`` of an element with these ``attributes``.

    A name that is not in ``SHOWN_ATTRIBUTES`` means the same on every element.
    """
    if name in _OF_ELEMENTS:
        return element in _OF_ELEMENTS[name]
    if name == "content":
        what = attributes.get("name", attributes.get("property", ""))
        return element == "meta" and what.lower() in _DESCRIPTIONS
    if name == "value":
        kind = attributes.get("type", "").lower()
        return element == "input" and (kind in ("button", "reset") or (kind == "submit" and "name" not in attributes))
    return True


def has_words(value: str) -> bool:
    """Whether there is a word in a value, and not only a letter."""
    return _WORD.search(value) is not None


def shown_values(match: re.Match[str], names: Set[str]) -> tuple[tuple[int, int], ...]:
    """Start and end, with the quotes, of the values that are shown in a start tag: those of the attributes ``names``.

    ``match`` is one of ``TAG``. A tag that says it is not translated has none. Values without words are left out.
    """
    if not names or match["close"]:
        return ()
    found = read_attributes(match)
    values = {name: attribute.value for name, attribute in found.items()}
    if says_translated(values) is False:
        return ()
    element = match["name"].lower()
    return tuple(
        (attribute.begin, attribute.end)
        for name, attribute in found.items()
        if name in names and has_words(attribute.value) and is_shown(element, name, values)
    )


def values_of_tag(tag: str, names: Set[str]) -> tuple[tuple[int, int], ...]:
    """The same for a text that may begin with a start tag."""
    match = TAG.match(tag) if names else None
    return () if match is None else shown_values(match, names)
