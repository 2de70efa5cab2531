"""Markers: how they are written and read."""

import pytest

from service.tasks.translation.documents.marks.markers import marker, split_at_markers, without_markers


def test_a_marker_is_read_as_it_is_written() -> None:
    assert split_at_markers(f"a {marker(1)}b{marker(23)}") == (["a ", "b", ""], [1, 23])


@pytest.mark.parametrize("written", ["[1]", "[ 1 ]", "【1】", "⟦1⟧", "［1］", "【1]"])
def test_models_write_markers_in_several_ways(written: str) -> None:
    assert split_at_markers(written) == (["", ""], [1])


@pytest.mark.parametrize("text", ["", "[]", "[a1]", "[1", "1]", "[1.5]", "{1}"])
def test_other_brackets_are_text(text: str) -> None:
    assert split_at_markers(text) == ([text], [])
    assert without_markers(text) == text


def test_a_number_that_no_marker_has_is_zero() -> None:
    assert split_at_markers("[1234567890]") == (["", ""], [0])


def test_a_marker_is_replaced_by_a_space() -> None:
    assert without_markers("a[1]b [2]") == "a b  "
