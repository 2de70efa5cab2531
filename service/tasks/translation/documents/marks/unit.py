"""A segment as the model sees it, and the marks that its markers stand for."""

from dataclasses import dataclass

from service.tasks.translation.documents.marks.escaping import TextPlace


@dataclass(frozen=True, slots=True)
class Mark:
    """What one marker stands for: tags, a placeholder, a protected term, or several of these side by side.

    ``replacement`` is what the translation has in the marker's place. It differs from ``source`` for a term that has a
    fixed translation, for example. ``tags`` are the numbers of the tag pairs that the mark opens; a pair that the mark
    closes is a negative number. ``terms`` are the protected terms in the mark, as the client spelled them.
    """

    source: str
    replacement: str
    tags: tuple[int, ...] = ()
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A segment as the model sees it, with markers.

    ``text`` is what the model is given: markers stand for tags, placeholders and protected terms. ``marks[i]`` is what
    marker ``i + 1`` stands for. ``source`` is the segment in the source text, from ``start`` to ``end`` in characters.
    """

    text: str
    source: str
    marks: tuple[Mark, ...]
    start: int
    end: int
    place: TextPlace = TextPlace.TEXT
