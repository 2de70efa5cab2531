"""Entries of dictionaries as text."""

import pytest

from service.errors import InvalidOption
from service.glossaries.entries import EntriesFormat, read_entries, read_tsv, write_tsv


@pytest.mark.parametrize(
    ("format", "text", "entries"),
    [
        ("tsv", "invoice\tRechnung\nbill\tRechnung", {"invoice": "Rechnung", "bill": "Rechnung"}),
        ("tsv", '\ufeff a "b"\t c \r\n\r\nMr.\u00a0X\tHerr X\r', {'a "b"': "c", "Mr.\u00a0X": "Herr X"}),
        ("csv", 'a,b\n"c, d","e ""f"""\n,\n', {"a": "b", "c, d": 'e "f"'}),
        ("csv", "a,b,en,de\nc,d,en", {"a": "b", "c": "d"}),
    ],
)
def test_entries_are_read_in_order_and_written_as_tsv(
    format: EntriesFormat, text: str, entries: dict[str, str]
) -> None:
    read = read_entries(text, format, most=2)
    assert list(read.items()) == list(entries.items())
    assert list(read_tsv(write_tsv(read))) == list(entries.items())


@pytest.mark.parametrize(
    ("format", "text", "reason"),
    [
        ("tsv", "", "no entries"),
        ("csv", " \n,\n", "no entries"),
        ("tsv", "a\tb\nc", "line 2 should be"),
        ("tsv", "a\tb\tc", "line 1 should be"),
        ("csv", "a", "line 1 should be"),
        ("csv", "a,b,c,d,e", "line 1 should be"),
        ("tsv", "a\t ", "line 1: a term has"),
        ("tsv", "\ta", "line 1: a term has"),
        ("tsv", "a\x00\tb", "line 1: a term has"),
        ("csv", '"a\nb",c', "line 2: a term has"),
        ("tsv", f"{'é' * 513}\tb", "line 1: a term has"),
        ("tsv", "a\tb\n\n a\tc", "line 3 repeats"),
        ("tsv", "a\tb\nc\td\ne\tf", "more than 2 entries"),
        ("csv", '"a,b', "not CSV"),
        ("csv", f"{'x' * 200_000},b", "not CSV"),
    ],
)
def test_wrong_entries_are_refused_by_line(format: EntriesFormat, text: str, reason: str) -> None:
    with pytest.raises(InvalidOption, match=reason) as refused:
        read_entries(text, format, most=2, param="entries")
    assert refused.value.param == "entries"
    assert "é" not in str(refused.value)
