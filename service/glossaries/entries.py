"""The entries of a dictionary as text: tab-separated values (TSV) or comma-separated values (CSV)."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Literal

from service.errors import InvalidOption
from service.glossaries.limits import MAX_TERM

EntriesFormat = Literal["tsv", "csv"]

Entries = dict[str, str]  # term -> its translation

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def read_entries(text: str, format: EntriesFormat, *, most: int, param: str = "entries") -> Entries:
    """The entries, in order. Blank lines are left out. A line of CSV may end with the codes of its languages.

    Raises InvalidOption, which names the field ``param`` and the line.
    """
    entries: Entries = {}
    try:
        for line, fields in _lines(text, format):
            if len(fields) != 2 and not (format == "csv" and len(fields) in (3, 4)):
                raise InvalidOption(f"line {line} should be a term and its translation", param=param)
            source, target = fields[0].strip(), fields[1].strip()
            for term in (source, target):
                if not term or _CONTROL.search(term) or len(term.encode()) > MAX_TERM:
                    message = f"line {line}: a term has 1 to {MAX_TERM} bytes and no control characters"
                    raise InvalidOption(message, param=param)
            if source in entries:
                raise InvalidOption(f"line {line} repeats the term of an earlier line", param=param)
            entries[source] = target
            if len(entries) > most:
                raise InvalidOption(f"there are more than {most} entries, which is the limit", param=param)
    except csv.Error:
        raise InvalidOption("this is not CSV", param=param) from None
    if not entries:
        raise InvalidOption("there are no entries", param=param)
    return entries


def write_tsv(entries: Entries) -> str:
    """The entries as TSV. ``read_tsv`` reads them."""
    return "\n".join(f"{source}\t{target}" for source, target in entries.items())


def read_tsv(text: str) -> Iterator[tuple[str, str]]:
    """The entries of what ``write_tsv`` has written."""
    for line in text.split("\n"):
        source, _, target = line.partition("\t")
        yield source, target


def _lines(text: str, format: EntriesFormat) -> Iterator[tuple[int, list[str]]]:
    """The number and the fields of each line that is not blank."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if format == "csv":
        reader = csv.reader(io.StringIO(text), strict=True)
        yield from ((reader.line_num, fields) for fields in reader if any(map(str.strip, fields)))
    else:
        yield from ((number, line.split("\t")) for number, line in enumerate(text.split("\n"), 1) if line.strip())
