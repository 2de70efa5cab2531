"""Placeables: their order and their ends. Which texts are placeables is tested in formats/test_text.py."""

import pytest

from service.tasks.translation.documents.marks.placeables import find_placeables


def found(text: str) -> list[str]:
    return [text[start:end] for start, end in find_placeables(text)]


def test_placeables_are_found_in_order() -> None:
    assert found("%s: {name} wrote to a@b.org &amp; 【4】, 100% sure") == ["%s", "{name}", "a@b.org", "&amp;", "【4】"]


def test_punctuation_behind_an_address_is_not_part_of_it() -> None:
    assert found("See https://a.b/c. Then (www.a.b/c), or a@b.org!") == ["https://a.b/c", "www.a.b/c", "a@b.org"]


def test_the_outermost_of_nested_placeables_is_found() -> None:
    assert found("{{a}} {b, select, x {https://a.b} other {%s}}") == [
        "{{a}}",
        "{b, select, x {https://a.b} other {%s}}",
    ]


@pytest.mark.timeout(60)  # quadratic time would be far longer
@pytest.mark.parametrize("pattern", ["{", "{a", "%(", "$", "a@", "a.", "&aaaa", "[1"])
def test_hostile_texts_take_linear_time(pattern: str) -> None:
    assert found(pattern * 500_000) == []


@pytest.mark.timeout(60)  # quadratic time would be far longer
def test_a_hostile_address_takes_linear_time() -> None:
    text = "http://" * 500_000
    assert found(text) == [text]
