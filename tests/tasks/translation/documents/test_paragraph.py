"""Paragraphs: which marks a sentence has, and what the splitter of sentences sees."""

import re
from functools import partial

import pytest

from service.tasks.translation.documents.reading import read_document
from tests.tasks.translation.documents.reading import document, seen, split


def split_at(cut: int, text: str) -> list[tuple[int, int]]:
    return [(0, cut), (cut, len(text))]


def test_the_splitter_sees_names_for_placeables_and_no_tags() -> None:
    shown: list[str] = []

    def note(text: str) -> list[tuple[int, int]]:
        shown.append(text)
        return split(text)

    read_document("<p>Ask <b>a.b@c.org.</b> Then {0}.</p>", "html", split=note)
    assert shown == ["Ask Xxxxxxxxx. Then Xxx."]


def test_sentences_may_be_cut_anywhere() -> None:
    text = "See {name} and {{other}} or <b>bold</b>"
    for cut in range(len(text)):
        found = read_document(text, "text", split=partial(split_at, cut))
        assert found.join([unit.source for unit in found.units]) == text
        assert sum(len(unit.marks) for unit in found.units) >= 2
        assert not re.search("[{}]", "".join(unit.text for unit in found.units))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("{0}%s x", ["[1] x"]),
        ("<b> <i>x</i> </b> y", ["[1]x [2] y"]),
        ("a<b> </b>c", ["a [1]c"]),
        ("a {0} <b>c</b>", ["a [1] [2]c[3]"]),
    ],
)
def test_marks_that_touch_share_a_marker(text: str, units: list[str]) -> None:
    assert seen(text, "html") == units


def test_a_sentence_without_words_is_no_unit() -> None:
    found = document("{0} 42. A word.")
    assert [unit.text for unit in found.units] == ["A word."]
    assert found.join(["Un mot."]) == "{0} 42. Un mot."


def test_a_sentence_that_is_only_a_term_has_its_replacement() -> None:
    found = document("node. A word.", protected={"node": "nœud"})
    assert found.join(["Un mot."]) == "nœud. Un mot."
