"""Placeables: their order and their ends. Which texts are placeables is tested in formats/test_text.py."""

import pytest

from service.tasks.translation.documents.marks.placeables import find_placeables
from tests.tasks.translation.documents.reading import seen


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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello :name, :count new, :smile: 12:30, note: x :)", "Hello [1], [2] new, [3] 12:30, note: x :)"),
        ("{\\an8}Hello\\Nthere {\\i1}", "[1]Hello[2]there [3]"),
        ("The law $E=mc^2$, $5 and $6, US$7=8, $$a$$", "The law [1], $5 and $6, US$7=8, [2]"),
        ("See \\textbf{x} and \\emph{two words} in \\cite[p. 3]{a}", "See [1] and [2]two words[3] in [4]"),
        ("So \\(a+b\\) is \\[c\\]", "So [1] is [2]"),
        ("%1 of %L2 is %n, 50% off {}", "[1] of [2] is [3], 50% off [4]"),
        ("[b]bold[/b] [player_name] [sighs]", "[1]bold[2] [3] [sighs]"),
        ("One\\nTwo at C:\\new", "One[1]Two at C:\\new"),
        ("By @anna, <%= x %>, __name__", "By [1], [2], [3]"),
        ("Hi \\C[2]Bob\\C[0]!", "Hi [1]Bob[2]!"),
        ("Press <|im_end|> or [/INST] or <｜User｜> or <<SYS>>", "Press [1] or [2] or [3] or [4]"),
    ],
)
def test_placeholders_of_other_notations(text: str, expected: str) -> None:
    assert seen(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<v Roger>I see.</v>", ["I see."]),
        ("Oh <v.loud Mary Ann>hi</v> you", ["Oh [1]hi[2] you"]),
        ("A <color=#ff0000>red</color> car", ["A [1]red[2] car"]),
        ("x <y and z> w", ["x <y and z> w"]),
    ],
)
def test_voices_and_tags_with_a_value(text: str, expected: list[str]) -> None:
    assert seen(text) == expected


def test_formulas_in_markdown_have_no_emphasis() -> None:
    assert seen("Use $a_1*b_2*c$ *now*", "markdown") == ["Use [1] [2]now[3]"]
    assert seen("Use $a_1*b_2*c$ <i>now</i>", "html") == ["Use [1] [2]now[3]"]
