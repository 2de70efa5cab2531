"""The text of HTML documents, and the places of its characters."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.answering.documents.html_text import html_text


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("", ""),
        ("plain", "plain"),
        ("<p>One</p><p>Two<br>Three</p>", "One\nTwo\nThree"),
        ("A <b>b</b>old <i>word</i>", "A bold word"),
        ("<title>T</title><script>x < y</script><style>p{}</style>seen", "seen"),
        ("a<!-- b --> c <!-- d", "a c"),
        ("a &lt; b &amp c &eacute;&#233;&#xe9; &unknown;", "a < b & c ééé &unknown;"),
        ("<a title='a>b'>link</a> 3 < 5", "link 3 < 5"),
        ("  many \n\t spaces  ", "many spaces"),
        ("<!doctype html><ul><li>x<li>y</ul>", "x\ny"),
        ("<script>never closed", ""),
    ],
)
def test_text_is_what_a_reader_sees(source: str, text: str) -> None:
    assert html_text(source).text == text


@pytest.mark.parametrize(
    ("source", "text", "part"),
    [
        ("<p>Built in <i>18</i>94.", "1894", "18</i>94"),
        ("<p>Caf&eacute; <b>Noir</b>", "Café", "Caf&eacute;"),
        ("<td>6&nbsp;pm</td>", "6\u00a0pm", "6&nbsp;pm"),
        ("👩‍👩‍👧 <b>in 成都</b>", "成都", "成都"),
    ],
)
def test_a_part_of_the_text_has_its_place_in_the_document(source: str, text: str, part: str) -> None:
    read = html_text(source)
    start = read.text.index(text)
    first, last = read.source(start, start + len(text))
    assert source[first:last] == part


@given(st.text("<>&;!-/ab\"' \n#x1p=é", max_size=60))
def test_every_character_has_a_place(source: str) -> None:
    read = html_text(source)
    assert len(read.text) == len(read.starts) == len(read.ends)
    assert all(0 <= start <= end <= len(source) for start, end in zip(read.starts, read.ends, strict=True))
    assert read.text == read.text.strip()


@pytest.mark.parametrize(
    ("part", "count"), [("<!--", 200_000), ('<a "', 50_000), ("<", 100_000), ("<script>", 100_000)]
)
def test_malformed_documents_take_linear_time(part: str, count: int) -> None:
    begin = time.process_time()
    html_text(part * count)
    assert time.process_time() - begin < 5
