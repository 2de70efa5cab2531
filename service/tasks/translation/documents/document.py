"""A text as pieces to translate, and what stands between them.

Invariant: a document joined with the sources of its units is the text it was read from, byte for byte, but for terms
that have another word put in their place.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.documents.piece import Place


@dataclass(frozen=True, slots=True)
class Mark:
    """What one marker stands for: tags, a placeholder, a protected term, or several of these side by side.

    ``put`` is what takes its place in the translation. ``tags`` are the numbers of the pairs that it opens, and those
    that it closes as negative numbers. ``terms`` are the protected terms in it, as they were given.
    """

    source: str
    put: str
    tags: tuple[int, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece that is translated by itself.

    ``text`` is what the model sees: tags, placeholders and protected terms are replaced by markers. ``marks``
    are what they stand for, in the order of their numbers, which begin at 1. ``start`` and ``end`` are offsets in the
    whole text.
    """

    text: str
    source: str
    marks: tuple[Mark, ...]
    start: int
    end: int
    place: Place = Place.TEXT


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
