"""A paragraph of atoms as one text: the formatting that most of it has is left out, all other formatting is a code."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.tasks.translation.files.inline import Code, CodeKind, InlineText
from service.tasks.translation.files.office.run_atoms import Atom, Pieces, Run, TextAtom
from service.tasks.translation.files.spliced import Render, Slot

_SPACE = re.compile(r"\s")


@dataclass(frozen=True, slots=True)
class TextStyle:
    """How the element of a text is written. ``prefix`` is that of its name, where no run says it.

    ``has_space`` is whether white space at the edges of a text needs an attribute, ``has_lines`` whether a text may
    have line breaks.
    """

    prefix: bytes
    has_space: bool
    has_lines: bool


class RunParagraph:
    """The text of a paragraph, and the bytes that take its place: new runs around the codes of the paragraph."""

    def __init__(self, atoms: Sequence[Atom], style: TextStyle) -> None:
        self._style = style
        joined = _join(atoms)
        runs = [atom.run for atom in joined if isinstance(atom, TextAtom)]
        self._base = max(runs, key=lambda run: _weight(joined, run), default=None)
        coded: list[str | Code[Pieces | Run]] = []
        for atom in joined:
            if not isinstance(atom, TextAtom):
                coded.append(Code(atom.kind, atom.source, repeats=atom.kind is CodeKind.BREAK))
            elif atom.run is None or self._base is None or atom.run.key == self._base.key:
                coded.append(atom.shown)
            else:
                coded += [Code(CodeKind.OPEN, atom.run, True), atom.shown, Code(CodeKind.CLOSE, atom.run, True)]
        self._inline = InlineText(coded)

    def slot(self, begin: int, end: int) -> Slot[bytes] | None:
        """The slot of the paragraph, which stands from ``begin`` to ``end``; None if it has no words."""
        return Slot(begin, end, self._inline.file_text(), self._write) if self._inline.has_words else None

    def _write(self, text: str, render: Render[bytes]) -> bytes:
        parts: list[bytes] = []
        runs = [self._base]
        for atom in self._inline.place(text):
            if isinstance(atom, str):
                parts.append(self._write_text(atom, runs[-1]))
            elif isinstance(atom.source, Run):
                if atom.kind is CodeKind.OPEN:
                    runs.append(atom.source)
                else:
                    runs.pop()
            else:
                parts += [piece if isinstance(piece, bytes) else render(*piece) for piece in atom.source.pieces]
        return b"".join(parts)

    def _write_text(self, text: str, run: Run | None) -> bytes:
        if not text:
            return b""
        shown = html.escape(text if self._style.has_lines else _SPACE.sub(" ", text), quote=False).encode()
        space = b' xml:space="preserve"' if self._style.has_space else b""
        prefix = self._style.prefix if run is None else run.prefix
        written = b"<%st%s>%s</%st>" % (prefix, space, shown, prefix)
        return written if run is None else run.around(written)


def _weight(atoms: Sequence[Atom], run: Run | None) -> int:
    key = run.key if run is not None else None
    return sum(
        len(atom.shown.strip())
        for atom in atoms
        if isinstance(atom, TextAtom) and (atom.run.key if atom.run is not None else None) == key
    )


def _join(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms with neighbouring texts of equal formatting as one. White space takes the formatting before it."""
    joined: list[Atom] = []
    for atom in atoms:
        last = joined[-1] if joined else None
        if (
            isinstance(atom, TextAtom)
            and isinstance(last, TextAtom)
            and (not atom.shown.strip() or (atom.run and atom.run.key) == (last.run and last.run.key))
        ):
            last.shown += atom.shown
        elif not isinstance(atom, TextAtom) or atom.shown:
            joined.append(atom)
    return joined
