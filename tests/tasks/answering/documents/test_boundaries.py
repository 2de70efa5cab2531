"""The positions at which spans may begin and end."""

import pytest
from hypothesis import given

from service.tasks.answering.documents.boundaries import boundaries
from tests.tasks.answering.nasty_text import NASTY


@given(text=NASTY)
def test_no_span_begins_or_ends_with_white_space(text: str) -> None:
    starts, ends = boundaries(text)
    assert all(not text[start].isspace() for start in starts)
    assert all(not text[end - 1].isspace() for end in ends)
    assert text.strip() or not starts + ends


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't pay 3.14 e\u0301tudes", ["Don't", "pay", "3.14", "e\u0301tudes"]),
        ("今天2009年", ["今", "天", "2009", "年"]),
        ("สวัสดี", ["ส", "วั", "ส", "ดี"]),
        ("👩‍👩‍👧🇫🇷🇩🇪\r\nx", ["👩‍👩‍👧", "🇫🇷", "🇩🇪", "x"]),
        ("مرحبا بالعالم", ["مرحبا", "بالعالم"]),
    ],
)
def test_spans_begin_and_end_at_words(text: str, words: list[str]) -> None:
    starts, ends = boundaries(text)
    assert [text[start : min(end for end in ends if end > start)] for start in starts] == words
