"""Pieces to a document, one run of text after the other."""

from collections.abc import Iterable, Iterator

from service.tasks.translation.documents.document import Document, Unit
from service.tasks.translation.documents.piece import Kind, Piece, paired
from service.tasks.translation.documents.run import Run, Split
from service.tasks.translation.documents.terms import Terms


def compose(text: str, pieces: Iterable[Piece], split: Split, terms: Terms) -> Document:
    """``pieces`` are together ``text``."""
    found = paired(pieces)
    parts: list[Unit | str] = []
    position = 0
    for run, begin in _runs(found):
        for part, start, stop in Run(text, run, begin, terms).parts(split):
            parts += [text[position:start], part]
            position = stop
    parts.append(text[position:])
    return Document(tuple(part for part in parts if part != ""))


def _runs(pieces: Iterable[Piece]) -> Iterator[tuple[list[Piece], int]]:
    """What stands between two breaks, and where it begins; runs without text are left out."""
    run: list[Piece] = []
    position = begin = 0
    for piece in [*pieces, Piece(Kind.BREAK, "")]:
        if piece.kind is Kind.BREAK:
            if any(each.kind is Kind.TEXT for each in run):
                yield run, begin
            run, begin = [], position + len(piece.source)
        else:
            run.append(piece)
        position += len(piece.source)
