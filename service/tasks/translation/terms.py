"""Which terms of a glossary stand in a text, and whether their translations stand in its translation."""

import re
from collections.abc import Iterable
from functools import lru_cache

from service.tasks.translation.order import Term


def occurring(terms: Iterable[Term], text: str) -> tuple[Term, ...]:
    """The terms that stand in ``text``, as words and in any case."""
    folded = text.casefold()  # most terms stand nowhere, and this tells it far sooner than a pattern
    return tuple(
        term for term in terms if term.source.strip().casefold() in folded and _pattern(term.source).search(text)
    )


def as_written(terms: Iterable[Term], text: str) -> dict[str, str]:
    """The terms as ``text`` writes them, each way it does, and their translations."""
    return {match[0]: term.target for term in terms for match in _pattern(term.source).finditer(text)}


def missing(terms: Iterable[Term], translation: str) -> tuple[Term, ...]:
    """The terms whose translation does not stand in ``translation``; it may have got an ending."""
    return tuple(term for term in terms if not _pattern(term.target, may_go_on=True).search(translation))


# Characters of words; those of scripts without spaces between words end a word of another script.
_IN_WORD = r"[^\W\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]"


@lru_cache(maxsize=4096)
def _pattern(words: str, *, may_go_on: bool = False) -> re.Pattern[str]:
    """Whole words, where the script has words."""
    inner = re.escape(words.strip())
    if re.match(_IN_WORD, words.strip()):
        inner = rf"(?<!{_IN_WORD}){inner}"
    if re.search(rf"{_IN_WORD}\Z", words.strip()) and not may_go_on:
        inner = rf"{inner}(?!{_IN_WORD})"
    return re.compile(inner, re.IGNORECASE)
