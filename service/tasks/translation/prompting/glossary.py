"""Terms of a glossary: which of them occur in a text, and whether a translation has their translations."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from html import unescape


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of a glossary: ``source`` in a text becomes ``target`` in its translation."""

    source: str
    target: str


def possible_terms(entries: Iterable[tuple[str, str]], texts: Iterable[str]) -> tuple[Term, ...]:
    """The entries (a term, and its translation) that may occur in texts, with markup or without.

    It needs no memory for the other entries. A ``TermFinder`` of these terms finds those that do occur.
    """
    pieces = {piece for text in texts for piece in _PIECE.findall(text.casefold())}
    pieces |= {piece for text in texts for piece in _PIECE.findall(unescape(text).replace("\\", "").casefold())}
    return tuple(Term(source, target) for source, target in entries if _first_piece(source) in pieces)


class TermFinder:
    """Finds terms in texts, however many terms there are: they are looked up by their first word."""

    def __init__(self, terms: Iterable[Term]) -> None:
        self._by_piece: dict[str, list[tuple[int, Term]]] = {}
        for number, term in enumerate(terms):
            self._by_piece.setdefault(_first_piece(term.source), []).append((number, term))

    def find(self, text: str) -> tuple[Term, ...]:
        """The terms that occur in ``text``, as whole words and in any case, in their own order."""
        if not self._by_piece:
            return ()
        folded = text.casefold()
        found = {
            number: term
            for piece in set(_PIECE.findall(folded))
            for number, term in self._by_piece.get(piece, ())
            # A comparison is much faster than a pattern.
            if term.source.strip().casefold() in folded and _pattern(term.source).search(text)
        }
        return tuple(found[number] for number in sorted(found))


def translations_by_spelling(terms: Iterable[Term], text: str) -> dict[str, str]:
    """The translation of each spelling of a term that occurs in ``text``."""
    return {match[0]: term.target for term in terms for match in _pattern(term.source).finditer(text)}


def find_missing(terms: Iterable[Term], translation: str) -> tuple[Term, ...]:
    """The terms whose translation does not occur in ``translation``. It may occur with a grammatical ending."""
    return tuple(term for term in terms if not _pattern(term.target, allow_ending=True).search(translation))


# A character of a word, except in scripts without spaces between words.
_IN_WORD = r"[^\W\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff]"
_PIECE = re.compile(rf"{_IN_WORD}+|\S")  # a word, or any other character: a term begins where one begins


def _first_piece(source: str) -> str:
    first = _PIECE.search(source.casefold())
    return "" if first is None else first[0]


@lru_cache(maxsize=4096)
def _pattern(words: str, *, allow_ending: bool = False) -> re.Pattern[str]:
    """Matches ``words`` in any case; as whole words, in scripts with spaces between words."""
    pattern = re.escape(words.strip())
    if re.match(_IN_WORD, words.strip()):
        pattern = rf"(?<!{_IN_WORD}){pattern}"
    if re.search(rf"{_IN_WORD}\Z", words.strip()) and not allow_ending:
        pattern = rf"{pattern}(?!{_IN_WORD})"
    return re.compile(pattern, re.IGNORECASE)
