"""What a paragraph of runs is made of: texts with their runs, and codes with the bytes that stand for them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from service.tasks.translation.files.inline import Code, CodeKind

Place = tuple[int, int]
# What a spelling checker writes: the language, and words that it does not check.
_NO_FORMATTING = re.compile(
    rb"<(?:\w+:)?(?:lang|noProof)(?:\s[^<>]*)?/>|\s(?:lang|altLang|dirty|err|noProof)=(?:\"[^\"]*\"|'[^']*')"
)
_EMPTY = re.compile(rb"<(?:\w+:)?rPr\s*(?:/>|>\s*</(?:\w+:)?rPr\s*>)")
_NAME = re.compile(rb"<(?P<prefix>(?:[^\s:>/]+:)?)[^\s>/]+")


@dataclass(frozen=True, slots=True)
class Run:
    """A run: its start ``tag``, and the bytes of its properties. ``key`` is equal for equal formatting."""

    tag: bytes
    properties: bytes = b""
    key: bytes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", _EMPTY.sub(b"", _NO_FORMATTING.sub(b"", self.properties)))

    @property
    def prefix(self) -> bytes:
        found = _NAME.match(self.tag)
        return found["prefix"] if found else b""

    def around(self, content: bytes) -> bytes:
        """A run with this formatting around ``content``."""
        return b"%s%s%s</%sr>" % (self.tag, self.properties, content, self.prefix)


@dataclass(slots=True)
class TextAtom:
    """A text in a run; in a spreadsheet it may have none. Its element stands from ``begin`` to ``end``."""

    shown: str
    run: Run | None
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Pieces:
    """The bytes of a code, and places of the source that are copied for it. Its element is from ``begin`` to ``end``.

    ``role`` is what a code is in a field (begin, separate, end), and ``instruction`` what a field is to show.
    """

    pieces: tuple[bytes | Place, ...]
    begin: int
    end: int
    role: str = ""
    instruction: str = ""

    @classmethod
    def of(cls, begin: int, end: int) -> "Pieces":
        return cls(((begin, end),), begin, end)


Atom = TextAtom | Code[Pieces]


def run_pieces(run: Run | None, begin: int, end: int, role: str = "", instruction: str = "") -> Pieces:
    """The pieces of an element, with a run of its own around it if it stands in one."""
    if run is None:
        return Pieces(((begin, end),), begin, end, role, instruction)
    around = (run.tag + run.properties, (begin, end), b"</%sr>" % run.prefix)
    return Pieces(around, begin, end, role, instruction)


def collapse_fields(atoms: Sequence[Atom]) -> list[Atom]:
    """The atoms with each field as one code, except for links: their texts are read, and the rest is a pair of codes.

    A field that ends in another paragraph stays as it is.
    """
    collapsed: list[Atom] = []
    ends = _field_ends(atoms)
    position = 0
    while position < len(atoms):
        end = ends.get(position, position)
        parts = atoms[position : end + 1]
        position = end + 1
        if len(parts) == 1 or not _nests(parts):
            collapsed += parts
            continue
        separators = [index for index, atom in enumerate(parts) if _role(atom) == "separate"]
        instruction = "".join(atom.source.instruction for atom in parts if isinstance(atom, Code))
        is_link = instruction.split()[:1] == ["HYPERLINK"] and len(separators) == 1
        cut = separators[0] + 1 if is_link else len(parts)
        if not _nests(parts[:cut]):
            collapsed += parts
            continue
        collapsed.append(Code(CodeKind.OPEN if is_link else CodeKind.ALONE, _joined(parts[:cut])))
        if is_link:
            collapsed += [*parts[cut:-1], Code(CodeKind.CLOSE, _joined(parts[-1:]))]
    return collapsed


def _role(atom: Atom) -> str:
    return atom.source.role if isinstance(atom, Code) else ""


def _field_ends(atoms: Sequence[Atom]) -> dict[int, int]:
    """The index of each field's first atom, and that of its last one."""
    ends = {}
    opened: list[int] = []
    for index, atom in enumerate(atoms):
        if _role(atom) == "begin":
            opened.append(index)
        elif _role(atom) == "end" and opened:
            ends[opened.pop()] = index
    return ends


def _nests(atoms: Sequence[Atom]) -> bool:
    depth = 0
    for atom in atoms:
        kind = atom.kind if isinstance(atom, Code) else None
        depth += (kind is CodeKind.OPEN) - (kind is CodeKind.CLOSE)
        if depth < 0:
            return False
    return depth == 0


def _joined(atoms: Sequence[Atom]) -> Pieces:
    pieces: list[bytes | Place] = []
    for atom in atoms:
        source = atom.source if isinstance(atom, Code) else run_pieces(atom.run, atom.begin, atom.end)
        pieces += source.pieces
    first, last = atoms[0], atoms[-1]
    begin = first.source.begin if isinstance(first, Code) else first.begin
    return Pieces(tuple(pieces), begin, last.source.end if isinstance(last, Code) else last.end)
