"""Invisible characters."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.marks.restoring import force_restore
from tests.tasks.translation.documents.reading import document, seen


@pytest.mark.parametrize("format", ["text", "markdown", "html"])
@pytest.mark.parametrize(
    ("text", "unit", "translated"),
    [
        ("\ufeffHello there", "Hello there", "\ufeffX"),
        ("\u200bHello there\u00ad", "Hello there", "\u200bX\u00ad"),
        ("so\u00adft hy\u200bphen", "soft hyphen", "X"),
        ("\u202bHello\u202c", "Hello", "\u202bX\u202c"),
        ("\u200fHello\u200e", "Hello", "\u200fX\u200e"),
        ("a \u2067b\u2069 c", "a [1]b[2] c", "\u2067X\u2069"),
        ("می\u200cخواهم", "می\u200cخواهم", "X"),
    ],
)
def test_the_model_does_not_see_them_and_marks_of_direction_stay_in_pairs(
    format: Format, text: str, unit: str, translated: str
) -> None:
    found = document(text, format)
    assert [each.text for each in found.units] == [unit]
    assert found.join([each.source for each in found.units]) == text
    written = found.join([force_restore(each, "X") for each in found.units])
    assert sorted(written) == sorted(translated)
    assert unit != "Hello there" or written == translated


def test_a_byte_order_mark_comes_before_everything() -> None:
    assert seen("\ufeff<?xml version='1.0'?><a>Hello</a>", "xml") == ["Hello"]
    assert seen("\ufeff# Hello", "markdown") == seen("\ufeff- Hello", "text") == ["Hello"]


def test_entities_are_invisible_too() -> None:
    assert seen("&shy;a&#x200b;bc &rlm;x", "html") == ["abc [1]x"]
