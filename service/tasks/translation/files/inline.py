"""A text with codes in it (tags of a subtitle, formatting of words, fields) as HTML that the translation can carry.

A pair of codes is a numbered ``span``, a code alone a numbered ``wbr``, a line break ``br``. Codes at the edges are not
sent, and a text without codes is plain. For any translation, every code is written once and pairs nest, so that a file
stays valid. Codes that may stand in several branches of a message are written at least once; their numbers are no ids.
"""

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain
from typing import Any, Generic, TypeVar

from service.tasks.translation.files.file_format import FileText

S = TypeVar("S")
_TOKEN = re.compile(
    r'<span (?:id|n)="(?P<open>[0-9]{1,9})">|(?P<close></span>)|<w?br (?:id|n)="(?P<alone>[0-9]{1,9})"/?>'
)
# XML does not allow these characters, and no format needs them.
_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


class CodeKind(Enum):
    """What a code is to the sentence around it."""

    OPEN = auto()
    CLOSE = auto()
    ALONE = auto()
    BREAK = auto()  # alone, and read as a line break


@dataclass(frozen=True, slots=True)
class Code(Generic[S]):
    """A code in a text. ``source`` is what its format writes for it. ``repeats``: a translation may have it often."""

    kind: CodeKind
    source: S
    repeats: bool = False


# A line break of the text itself, which HTML takes for a space.
_LINE: Code[Any] = Code(CodeKind.BREAK, None, repeats=True)


class InlineText(Generic[S]):
    """The texts and codes of one paragraph, in order. An OPEN without a CLOSE, and the reverse, count as alone."""

    def __init__(self, atoms: Sequence[str | Code[S]]) -> None:
        atoms = _split_lines(atoms) if any(isinstance(atom, Code) for atom in atoms) else list(atoms)
        self._partners = _match(atoms)
        begin, end = self._core(atoms)
        self._prefix, self._suffix = atoms[:begin], atoms[end:]
        self._atoms = atoms[begin:end]
        self._partners = {first - begin: last - begin for first, last in self._partners.items() if begin <= first < end}
        self._is_plain = all(isinstance(atom, str) for atom in self._atoms)
        self.text = "".join(map(_plain, self._atoms)) if self._is_plain else self._write_html()

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate."""
        return any(isinstance(atom, str) and has_words(atom) for atom in self._atoms)

    def file_text(self, context: str = "") -> FileText:
        return FileText(self.text, "text" if self._is_plain else "html", context)

    def place(self, translation: str) -> Iterator[str | Code[S]]:
        """The texts and codes of a translation, with every code of the paragraph at least once."""
        core = [clean(translation)] if self._is_plain else self._place_core(translation)
        for atom in chain(self._prefix, core, self._suffix):
            yield "\n" if atom is _LINE else atom

    def _place_core(self, translation: str) -> Iterator[str | Code[S]]:
        codes = {index: atom for index, atom in enumerate(self._atoms) if isinstance(atom, Code)}
        missing = set(codes)
        opened: list[int] = []
        position = 0
        for match in _TOKEN.finditer(translation):
            if position < match.start():
                yield clean(html.unescape(translation[position : match.start()]))
            position = match.end()
            if match["close"]:
                index = self._partners[opened.pop()] if opened else -1
            else:
                index = int(match["open"] or match["alone"])
            if index not in missing and (index not in codes or not codes[index].repeats):
                continue
            if (match["open"] is not None) != (index in self._partners):
                continue
            missing.discard(index)
            if match["open"]:
                opened.append(index)
            yield self._atoms[index]
        if position < len(translation):
            yield clean(html.unescape(translation[position:]))
        while opened:
            index = self._partners[opened.pop()]
            missing.discard(index)
            yield self._atoms[index]
        for index in sorted(missing):
            yield self._atoms[index]

    def _core(self, atoms: Sequence[str | Code[S]]) -> tuple[int, int]:
        """Begin and end without the codes at the edges, as long as what is left keeps its pairs."""
        begin, end = 0, len(atoms)
        closers = set(self._partners.values())
        while begin < end:
            if isinstance(atoms[begin], Code) and begin not in self._partners:
                begin += 1
            elif isinstance(atoms[end - 1], Code) and end - 1 not in closers:
                end -= 1
            elif self._partners.get(begin) == end - 1:
                begin, end = begin + 1, end - 1
            else:
                break
        return begin, end

    def _write_html(self) -> str:
        parts = []
        closers = set(self._partners.values())
        for index, atom in enumerate(self._atoms):
            if isinstance(atom, str):
                parts.append(html.escape(atom, quote=False))
                continue
            name = "n" if atom.repeats else "id"
            if index in closers:
                parts.append("</span>")
            elif index in self._partners:
                parts.append(f'<span {name}="{index}">')
            else:
                parts.append(f'<{"br" if atom.kind is CodeKind.BREAK else "wbr"} {name}="{index}"/>')
        return "".join(parts)


def clean(text: str) -> str:
    """``text`` without the characters that no file of text may have."""
    return _NO_CHARACTER.sub("", text)


def has_words(text: str) -> bool:
    """Whether there is a letter of any script, and no half of a surrogate pair, which no model can read."""
    return any(map(str.isalpha, text)) and _SURROGATE.search(text) is None


def _plain(atom: object) -> str:
    return atom if isinstance(atom, str) else ""


def _split_lines(atoms: Iterable[str | Code[S]]) -> list[str | Code[S]]:
    """The atoms with a code in the place of each line break."""
    split: list[str | Code[S]] = []
    for atom in atoms:
        if isinstance(atom, str):
            for number, line in enumerate(atom.split("\n")):
                split += [_LINE] * (number > 0) + [line] * bool(line)
        else:
            split.append(atom)
    return split


def _match(atoms: Sequence[str | Code[S]]) -> dict[int, int]:
    """The index of each OPEN that has a CLOSE, and that of the CLOSE."""
    partners = {}
    opened: list[int] = []
    for index, atom in enumerate(atoms):
        if isinstance(atom, Code) and atom.kind is CodeKind.OPEN:
            opened.append(index)
        elif isinstance(atom, Code) and atom.kind is CodeKind.CLOSE and opened:
            partners[opened.pop()] = index
    return partners
