"""Escaping: a text is text in its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from service.tasks.translation.documents.marks.escaping import TextPlace, escape, escape_line_start


@pytest.mark.parametrize(
    ("place", "text", "expected"),
    [
        (TextPlace.TEXT, "<b> & *x* \0", "<b> & *x* \0"),
        (TextPlace.MARKUP, "<b> & > \0\x1b\ud800x", "&lt;b&gt; &amp; &gt; x"),
        (TextPlace.MARKDOWN, "*x* `y` [z](u)", "\\*x\\* \\`y\\` [z\\](u)"),
        (TextPlace.MARKDOWN, "2 * 3, snake_case and a | b", "2 * 3, snake_case and a | b"),
        (TextPlace.MARKDOWN, "one\ntwo\r\nthree", "one two three"),
        (TextPlace.CELL, "a | b", "a \\| b"),
    ],
)
def test_only_characters_that_would_be_markup_are_escaped(place: TextPlace, text: str, expected: str) -> None:
    assert escape(text, place) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# x", "\\# x"),
        ("1. x", "1\\. x"),
        ("- x", "\\- x"),
        ("> x", "\\> x"),
        ("#x", "#x"),
        ("-x", "-x"),
        ("1.5", "1.5"),
    ],
)
def test_the_start_of_a_line_begins_no_block(text: str, expected: str) -> None:
    assert escape_line_start(text, TextPlace.MARKDOWN) == expected
    assert escape_line_start(text, TextPlace.TEXT) == text


@given(st.text(alphabet="ab *_`[](){}<>#-+=|~&;!.1\\\n", max_size=30))
def test_escaped_markdown_is_one_paragraph_of_text(text: str) -> None:
    written = escape_line_start(escape(text.strip(), TextPlace.MARKDOWN), TextPlace.MARKDOWN)
    tokens = MarkdownIt("commonmark").parse(written)
    assert {token.type for token in tokens} <= {"paragraph_open", "inline", "paragraph_close"}
