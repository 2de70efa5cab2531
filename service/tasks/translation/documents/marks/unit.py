"""A unit: a segment as the model sees it, with the marks that its markers stand for."""

from dataclasses import dataclass

from service.tasks.translation.documents.marks.escaping import TextPlace


@dataclass(frozen=True, slots=True)
class Mark:
    """The meaning of one marker: tags, a placeholder, a protected term, or several of these side by side.

    ``replacement`` takes the marker's place in the translation. It differs from ``source`` for a term with a fixed
    translation, for example. ``tags`` are the numbers of the tag pairs that the mark opens; a pair that the mark
    closes is a negative number. ``terms`` are the protected terms in the mark, as the client spelled them. ``values``
    are the places in the replacement, with their quotes, of the values of attributes that are translated.
    """

    source: str
    replacement: str
    tags: tuple[int, ...] = ()
    terms: tuple[str, ...] = ()
    values: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A segment as the model sees it, with markers.

    In ``text``, which the model gets, markers stand for tags, placeholders and protected terms. ``marks[i]`` is the
    mark of marker ``i + 1``. ``source`` is the segment in the source text, from ``start`` to ``end`` in characters.

    ``syntax`` are the characters that mean something where the unit stands, which is in a pattern of ICU's format: in a
    branch of a message, beside one, or in a quote that does not end. A sentence around a message is a unit for each
    leaf of the message, whose ``source`` is the sentence with this leaf; ``start`` and ``end`` are the place of the
    whole sentence.
    """

    text: str
    source: str
    marks: tuple[Mark, ...]
    start: int
    end: int
    place: TextPlace = TextPlace.TEXT
    syntax: str = ""
