"""Reads tables of separated values: cells of some columns, or all cells with words, are texts.

The first row names the columns and is kept, unless columns are asked for by number. Without a choice, a cell is left
out if it is a code, a number or an address: a single word with a digit, ``_``, ``@``, ``/`` or a dot inside.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.errors import MalformedFile
from service.tasks.translation.files.encoding import decode
from service.tasks.translation.files.file_format import FileText
from service.tasks.translation.files.inline import has_words
from service.tasks.translation.files.spliced import Render, Slot, SplicedFile

_DELIMITERS = ",;\t|"
_CODE = re.compile(r"\S*[0-9_@/\\]\S*|\S+\.\S+")
_QUOTED = re.compile(r'"(?:[^"]|"")*+"')


@dataclass(frozen=True, slots=True)
class _Cell:
    row: int
    column: int
    begin: int
    end: int
    value: str


def read_csv(data: bytes, columns: Sequence[str] = ()) -> SplicedFile[str]:
    """Read a table. ``columns`` are names of the first row, or numbers from 1. Their delimiter is found.

    Raises MalformedFile for a quoted cell that does not end with its quote, and for a column that is not there.
    """
    decoded = decode(data)
    source = decoded.text
    delimiter = _find_delimiter(source)
    cells = _cells(source, delimiter)
    header = [cell.value for cell in cells if cell.row == 0]
    by_number = bool(columns) and all(column.isdecimal() and column not in header for column in columns)
    chosen = {_find_column(column, header) for column in columns}
    slots: list[Slot[str]] = []
    for cell in cells:
        if (cell.row == 0 and not by_number) or (columns and cell.column not in chosen) or not has_words(cell.value):
            continue
        if columns or not _CODE.fullmatch(cell.value.strip()):
            slots.append(
                Slot(cell.begin, cell.end, FileText(cell.value), _Writer(source[cell.begin] == '"', delimiter))
            )
    return SplicedFile(data, source, decoded.encode, slots)


def _find_column(column: str, header: list[str]) -> int:
    if column in header:
        return header.index(column)
    if column.isdecimal() and 1 <= int(column[:6]) <= len(header):
        return int(column) - 1
    raise MalformedFile(f"it has no column {column[:40]!r}")


def _find_delimiter(source: str) -> str:
    """The delimiter that the first line has most often, outside of quotes."""
    line = re.match(r'(?:"(?:[^"]|"")*+"|[^\r\n])*+', source)
    rest = _QUOTED.sub("", line[0] if line else "")
    return max(_DELIMITERS, key=rest.count)


def _cells(source: str, delimiter: str) -> list[_Cell]:
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*+")
    cells: list[_Cell] = []
    row = column = position = 0
    while position < len(source):
        is_quoted = source[position] == '"'
        match = (_QUOTED if is_quoted else plain).match(source, position)
        if match is None or source[match.end() : match.end() + 1] not in ("", delimiter, "\r", "\n"):
            raise MalformedFile(f"a quoted cell in row {row + 1} does not end with its quote")
        value = match[0][1:-1].replace('""', '"') if is_quoted else match[0]
        cells.append(_Cell(row, column, *match.span(), value))
        position = match.end()
        if source[position : position + 1] == delimiter:
            column, position = column + 1, position + 1
        elif position < len(source):
            row, column = row + 1, 0
            position += 2 if source.startswith("\r\n", position) else 1
    return cells


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes a cell in quotes if it was so or must be so."""

    is_quoted: bool
    delimiter: str

    def __call__(self, translation: str, _: Render[str]) -> str:
        if self.is_quoted or any(char in translation for char in f'{self.delimiter}"\r\n'):
            return '"' + translation.replace('"', '""') + '"'
        return translation
