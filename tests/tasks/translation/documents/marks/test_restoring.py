"""Restoring: each mark exactly once, and the tags as a tree."""

import pytest

from service.tasks.translation.documents.marks.restoring import force_restore, restore
from service.tasks.translation.documents.marks.unit import Unit
from tests.tasks.translation.documents.reading import document


def unit(text: str) -> Unit:
    [found] = document(text, "html").units
    return found


NESTED = unit("<p>A <b>big <i>red</i> {0}</b> dog</p>")  # A [1]big [2]red[3] [4][5] dog, the last two as one


def test_the_marks_of_the_example() -> None:
    assert NESTED.text == "A [1]big [2]red[3] [4] dog"
    assert [mark.replacement for mark in NESTED.marks] == ["<b>", "<i>", "</i>", "{0}</b>"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("[1][2]rot[3] groß [4] Hund", "<b><i>rot</i> groß {0}</b> Hund"),
        ("[ 1 ]x[2]y[3][4]", "<b>x<i>y</i>{0}</b>"),
        ("x", None),
        ("[1][2][3]", None),
        ("[1][2][3][4][4]", None),
        ("[1][2][3][4][5]", None),
        ("[1][2][4][3]", None),
        ("[4][2][3][1]", None),
        ("[2][3][1]x[4]", "<i></i><b>x{0}</b>"),
    ],
)
def test_only_a_sound_translation_is_restored(output: str, expected: str | None) -> None:
    assert restore(NESTED, output) == expected


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("[1][2]rot[3] groß [4] Hund", "<b><i>rot</i> groß {0}</b> Hund"),
        ("[1]groß [2]rot [4] Hund", "<b>groß <i>rot</i> {0}</b> Hund"),
        ("[4] Hund [1][3][2] rot", "<b>Hund <i></i>{0}</b> rot"),
        ("[1][1][9][2]a[3][4][4]", "<b><i>a</i>{0}</b>"),
        ("", "<b><i></i>{0}</b>"),
    ],
)
def test_missing_and_crossed_marks_are_repaired(output: str, expected: str) -> None:
    assert force_restore(NESTED, output) == expected


def test_a_missing_mark_is_put_between_words() -> None:
    forced = force_restore(unit("<p>Hello dear {name} today</p>"), "Bonjour extraordinairement aujourd'hui")
    assert forced == "Bonjour extraordinairement {name} aujourd'hui"


def test_a_marker_that_dropping_another_one_forms_is_dropped_too() -> None:
    found = unit("<p>Hello {name}</p>")
    assert force_restore(found, "[[9]1] Bonjour").count("{name}") == 1
    assert "[" not in force_restore(found, "[[9]1] Bonjour")
