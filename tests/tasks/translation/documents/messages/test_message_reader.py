"""Messages in ICU's format without words around them: branches are translated, syntax is kept."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from tests.tasks.translation.documents.reading import document

PLURAL = "{count, plural, one {Vote} other {Votes}}"


@pytest.mark.parametrize("format", ["text", "markdown", "html", "xml"])
@pytest.mark.parametrize(
    ("text", "units", "translated"),
    [
        (PLURAL, ["Vote", "Votes"], "{count, plural, one {X} other {X}}"),
        (f"(1) {PLURAL}", ["Vote", "Votes"], "(1) {count, plural, one {X} other {X}}"),
        ("{n, plural, =0 {No votes} other {# votes}}", ["No votes", "[1] votes"], None),
        ("{n, plural, offset:1 one {Ann} other {Ann and # more}}", ["Ann", "Ann and [1] more"], None),
        ("{n, selectordinal, one {#st} other {#th}}", [], "{n, selectordinal, one {#st} other {#th}}"),
        ("{sex, select, male {He said {name}.} other {They}}", ["He said [1].", "They"], None),
        ("{a, select, x {{n, plural, one {A cat} other {# cats}}} other {No}}", ["A cat", "[1] cats", "No"], None),
        ("Pay {n, number, integer} now", ["Pay [1] now"], "X{n, number, integer}"),
    ],
)
def test_branches_are_units(format: Format, text: str, units: list[str], translated: str | None) -> None:
    found = document(text, format)
    assert found.join([unit.source for unit in found.units]) == text
    assert [unit.text for unit in found.units] == units
    if translated is not None and not any(unit.marks for unit in found.units):
        assert found.join(["X"] * len(units)) == translated


@pytest.mark.parametrize("format", ["text", "markdown", "html", "xml"])
def test_branches_with_tags_are_units(format: Format) -> None:
    text = (
        "{n, plural, =0 {<b>None.</b>} other {<x id='1'/> <b>of # <i>it's</i> in</b> {m, select, a {<i>his</i>}}}} left"
    )
    found = document(text, format)
    assert [unit.text for unit in found.units] == ["None.", "of [1] [2]it's[3] in", "his", "left"]
    assert found.join([unit.source for unit in found.units]) == text
    assert found.units[0].syntax == "{}#"


def test_tags_between_branches_are_no_message() -> None:
    for text in ("{n, plural, one {a} <b> other {b}} c", "{n, plural, <b>{a}} c"):
        assert "{n, plural," in document(text, "html").units[0].text


def test_paragraphs_know_nothing_of_each_other() -> None:
    text = "<p>It '{a}' is</p><p>It '{a}' is {n, plural, other {it}}</p><p>d'{a} {n, plural, other {it}}</p>"
    assert [unit.text for unit in document(text, "html").units] == ["It '[1]' is", "It [1] is it", "it"]


@pytest.mark.timeout(60)  # quadratic time would be far longer
def test_many_quotes_and_messages_are_read_in_linear_time() -> None:
    text = "'{' {n, plural, other {'#'}}. " * 4000
    found = document(text)
    assert found.join([unit.source for unit in found.units]) == text


def test_a_message_on_several_lines_is_read_as_one() -> None:
    text = "{count, plural,\n  one {Vote}\n  other {Votes}\n}\nNext line.\n"
    found = document(text)
    assert [unit.text for unit in found.units] == ["Vote", "Votes", "Next line."]
    assert found.join(["V", "VV", "L."]) == "{count, plural,\n  one {V}\n  other {VV}\n}\nL.\n"
