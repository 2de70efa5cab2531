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


def test_a_message_on_several_lines_is_read_as_one() -> None:
    text = "{count, plural,\n  one {Vote}\n  other {Votes}\n}\nNext line.\n"
    found = document(text)
    assert [unit.text for unit in found.units] == ["Vote", "Votes", "Next line."]
    assert found.join(["V", "VV", "L."]) == "{count, plural,\n  one {V}\n  other {VV}\n}\nL.\n"
