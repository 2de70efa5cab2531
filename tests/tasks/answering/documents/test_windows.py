"""Documents in windows."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import InvalidOption
from service.tasks.answering.documents.windows import (
    Window,
    WindowLimits,
    check_window_count,
    split_into_windows,
    window_starts,
)
from service.tasks.answering.query import ContextDocument
from service.tasks.answering.result import AnswerSpan
from tests.tasks.answering.nasty_text import NASTY
from tests.tasks.text.vocabularies import tokenizer

DOCUMENT = ContextDocument(id="a", text="It rains. Ada came at six.", title="Diary")


def test_a_window_is_no_larger_than_the_room() -> None:
    limits = WindowLimits(max_tokens=100)
    assert limits.size_and_stride(1000, None) == (100, 25)
    assert limits.size_and_stride(60, None) == (60, 15)
    assert limits.size_and_stride(60, 59) == (60, 59)


@pytest.mark.parametrize("stride", [60, 100])
def test_a_stride_is_less_than_the_window(stride: int) -> None:
    with pytest.raises(InvalidOption, match=f"stride is {stride}, but must be less than the window of 60") as error:
        WindowLimits(max_tokens=100).size_and_stride(60, stride)
    assert error.value.param == "stride"


def test_a_document_has_at_most_4096_windows() -> None:
    check_window_count(4096 * 10, size=15, stride=5)
    with pytest.raises(InvalidOption) as error:
        check_window_count(4096 * 10 + 1, size=15, stride=5)
    assert error.value.param == "stride"


@pytest.mark.parametrize(
    ("tokens", "starts"), [(0, [0]), (1, [0]), (10, [0]), (11, [0, 6]), (16, [0, 6]), (17, [0, 6, 12])]
)
def test_windows_share_the_stride(tokens: int, starts: list[int]) -> None:
    assert list(window_starts(tokens, size=10, stride=4)) == starts


def test_a_blank_document_has_no_windows() -> None:
    assert split_into_windows(ContextDocument(id="", text=" \n"), [(0, 1), (1, 2)], size=10, stride=2) == []


@given(text=NASTY, size=st.integers(2, 12), data=st.data())
def test_windows_are_literal_cover_the_document_and_overlap(text: str, size: int, data: st.DataObject) -> None:
    stride = data.draw(st.integers(0, size - 1))
    offsets = tokenizer("byte_level").offsets(text)
    document = ContextDocument(id="", text=text)
    windows = split_into_windows(document, offsets, size=size, stride=stride)
    if not text.strip():
        assert windows == []
        return
    assert windows[0].start == 0
    assert windows[-1].start + len(windows[-1].text) == len(text)
    for window in windows:
        assert text[window.start :].startswith(window.text)
    for window, following in itertools.pairwise(windows):
        assert window.start <= following.start <= window.start + len(window.text)


def test_windows_begin_at_words() -> None:
    text = "lighthouse keepers " * 20
    windows = split_into_windows(
        ContextDocument(id="", text=text), tokenizer("byte_level").offsets(text), size=9, stride=2
    )
    assert len(windows) > 3
    assert all(window.text.startswith(("lighthouse", "keepers")) for window in windows)


def test_the_title_stands_above_the_text() -> None:
    assert Window(DOCUMENT, 0, "It rains.").titled_text == "Diary\n\nIt rains."
    assert Window(ContextDocument(id="", text="x"), 0, "x").titled_text == "x"


def test_a_span_of_a_window_is_a_span_of_its_document() -> None:
    window = Window(DOCUMENT, 10, "Ada came at six.")
    span = window.span(4, 8, score=0.5)
    assert span == AnswerSpan(text="came", start=14, end=18, document="a", score=0.5)
    assert DOCUMENT.text[span.start : span.end] == span.text


@pytest.mark.parametrize(
    ("start", "end", "document", "contained"),
    [(10, 13, "a", True), (14, 26, "a", True), (9, 13, "a", False), (14, 27, "a", False), (10, 13, "b", False)],
)
def test_a_window_contains_whole_spans_of_its_document(start: int, end: int, document: str, contained: bool) -> None:
    window = Window(DOCUMENT, 10, "Ada came at six.")
    assert window.contains(AnswerSpan(text="", start=start, end=end, document=document)) is contained
