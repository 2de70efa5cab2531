"""Words of a question that stand for something said before: English and Chinese pronouns."""

import re

_ENGLISH = ("he", "she", "it", "they", "him", "her", "them", "his", "its", "their", "this", "these", "those")
_CHINESE = ("他们", "她们", "它们", "他", "她", "它", "这")
REFERENCES = (*_ENGLISH, *(word.capitalize() for word in _ENGLISH), *_CHINESE)
_REFERENCE = re.compile(rf"\b(?:{'|'.join(_ENGLISH)})\b|(?<![其吉])(?:{'|'.join(_CHINESE)})", re.IGNORECASE)


def first_reference(question: str) -> int | None:
    """The offset of the first word that stands for something else; None if there is none."""
    found = _REFERENCE.search(question)
    return found.start() if found else None


def without_references(text: str) -> str:
    """The text without such words."""
    return _REFERENCE.sub(" ", text)
