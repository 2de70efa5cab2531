"""Terms that have a fixed translation, or none."""

from collections.abc import Iterator, Mapping

_NO_SPACES = (  # scripts that write words without spaces between them, so that a term may stand anywhere
    ("\u2e80", "\u9fff"),
    ("\uf900", "\ufaff"),
    ("\u0e00", "\u0eff"),
    ("\u1000", "\u109f"),
    ("\u1780", "\u17ff"),
    ("\U00020000", "\U0003ffff"),
)


class Terms:
    """Finds terms as whole words, the longest first. A term may also begin with a capital where a sentence does."""

    def __init__(self, protected: Mapping[str, str]) -> None:
        self._puts: dict[str, tuple[str, str]] = {}  # as it may be written -> the term, and what is put in its place
        for term, put in protected.items():
            capital = term[:1].upper() + term[1:]
            if capital not in protected:
                self._puts[capital] = (term, capital if put == term else put[:1].upper() + put[1:])
            self._puts[term] = (term, put)
        self._puts.pop("", None)
        lengths: dict[str, set[int]] = {}
        for written in self._puts:
            lengths.setdefault(written[0], set()).add(len(written))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def find(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        """Start and end of each, the term, and what is put in its place."""
        end = 0
        for start, first in enumerate(text):
            if start < end or first not in self._lengths:
                continue
            for length in self._lengths[first]:
                written = text[start : start + length]
                if written in self._puts and _is_whole(text, start, start + length):
                    end = start + length
                    yield start, end, *self._puts[written]
                    break


def _is_whole(text: str, start: int, end: int) -> bool:
    return not (_joined(text, start) or _joined(text, end))


def _joined(text: str, position: int) -> bool:
    """Whether a word goes on across ``position``."""
    return 0 < position < len(text) and _in_word(text[position - 1]) and _in_word(text[position])


def _in_word(char: str) -> bool:
    return (char.isalnum() or char == "_") and not any(first <= char <= last for first, last in _NO_SPACES)
