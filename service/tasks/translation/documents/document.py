"""A text as pieces to translate, and what stands between them.

Invariant: a document joined with the sources of its units, restored, is the text it was read from, byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece that is translated by itself.

    ``text`` is what the model sees: tags, placeholders and protected terms are replaced by markers. ``marks`` are what
    the markers stand for, in the order of the markers' numbers. ``start`` and ``end`` are offsets in the whole text.
    """

    text: str
    source: str
    marks: tuple[str, ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Document:
    """``parts`` in order: units, and what is kept as it is."""

    parts: tuple[Unit | str, ...]

    @property
    def units(self) -> tuple[Unit, ...]:
        return tuple(part for part in self.parts if isinstance(part, Unit))

    def join(self, translations: Sequence[str]) -> str:
        """The text with ``translations``, restored, one for each unit, in their places."""
        rest = iter(translations)
        return "".join(part if isinstance(part, str) else next(rest) for part in self.parts)
