"""What the readers of the formats make of a text: one piece after the other, together the text, byte for byte."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum, auto


class Kind(Enum):
    TEXT = auto()  # to be translated
    KEPT = auto()  # stands for words, but is not translated
    TAG = auto()  # inline markup that stands alone
    OPEN = auto()  # inline markup up to the CLOSE with the same pair
    CLOSE = auto()
    BREAK = auto()  # ends whatever was being said


class Place(Enum):
    """Where text stands, which decides what it must not look like."""

    TEXT = auto()
    MARKDOWN = auto()
    CELL = auto()  # of a table in Markdown
    MARKUP = auto()  # HTML or XML


KEPT_NAME = "Xx"  # what a KEPT piece is shown as, so that a sentence has something there


@dataclass(frozen=True, slots=True)
class Piece:
    """``shown`` is the text as a reader sees it: entities are characters, a run of white space is one space.

    OPEN and CLOSE have the ``name`` by which they find each other, and then the number of their ``pair``. ``put`` is
    what stands for markup in a translation, where that is not the source.
    """

    kind: Kind
    source: str
    shown: str = ""
    name: str = ""
    pair: int = 0
    place: Place = Place.TEXT
    put: str = ""


def paired(pieces: Iterable[Piece]) -> list[Piece]:
    """With the pairs numbered that nest properly; every other OPEN and CLOSE stands alone."""
    found: list[Piece] = []
    opened: list[int] = []
    counts: dict[str, int] = {}
    pairs = 0
    for piece in pieces:
        if piece.kind is Kind.OPEN:
            counts[piece.name] = counts.get(piece.name, 0) + 1
            opened.append(len(found))
        elif piece.kind is Kind.CLOSE:
            if counts.get(piece.name, 0):
                # What was opened inside and not closed has no partner.
                while (begin := opened.pop()) >= 0 and (name := found[begin].name) != piece.name:
                    counts[name] -= 1
                    found[begin] = replace(found[begin], kind=Kind.TAG)
                counts[piece.name] -= 1
                pairs += 1
                found[begin] = replace(found[begin], pair=pairs)
                piece = replace(piece, pair=pairs)
            else:
                piece = replace(piece, kind=Kind.TAG)
        found.append(piece)
    for begin in opened:
        found[begin] = replace(found[begin], kind=Kind.TAG)
    return found
