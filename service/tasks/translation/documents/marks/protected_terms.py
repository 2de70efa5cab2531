"""Protected terms: terms that have a fixed translation, or must not be translated."""

from collections.abc import Iterator, Mapping

# Scripts without spaces between words, as ranges of characters. In them a term may begin anywhere.
_NO_SPACES = (
    ("\u2e80", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\U00020000", "\U0003ffff"),
)


class ProtectedTerms:
    """Finds terms in a text as whole words, the longest first.

    ``protected`` maps each term to its replacement. A term is also found with a capital letter, as at the start of a
    sentence; its replacement then has a capital too.
    """

    def __init__(self, protected: Mapping[str, str]) -> None:
        self._spellings: dict[str, tuple[str, str]] = {}  # spelling in a text -> term, replacement
        for term, replacement in protected.items():
            capital = term[:1].upper() + term[1:]
            if capital not in protected:
                written = capital if replacement == term else replacement[:1].upper() + replacement[1:]
                self._spellings[capital] = (term, written)
            self._spellings[term] = (term, replacement)
        self._spellings.pop("", None)
        lengths: dict[str, set[int]] = {}
        for spelling in self._spellings:
            lengths.setdefault(spelling[0], set()).add(len(spelling))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Yields start, end, the term and its replacement, in order and without overlap."""
        end = 0
        for start, first in enumerate(text):
            if start < end or first not in self._lengths:
                continue
            for length in self._lengths[first]:
                spelling = text[start : start + length]
                if spelling in self._spellings and _is_whole(text, start, start + length):
                    end = start + length
                    yield start, end, *self._spellings[spelling]
                    break


def _is_whole(text: str, start: int, end: int) -> bool:
    return not (_is_inside_word(text, start) or _is_inside_word(text, end))


def _is_inside_word(text: str, position: int) -> bool:
    return 0 < position < len(text) and _is_word_character(text[position - 1]) and _is_word_character(text[position])


def _is_word_character(char: str) -> bool:
    return (char.isalnum() or char == "_") and not any(first <= char <= last for first, last in _NO_SPACES)
