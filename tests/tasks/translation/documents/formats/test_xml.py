"""XML: elements with text are paragraphs or marks, the rest is structure."""

import pytest

from service.errors import MalformedMarkup
from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document, seen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a><b>One</b><b>Two</b></a>", ["One", "Two"]),
        ("<p>The <b>bold <i/> one</b> here</p>", ["The [1]bold [2] one[3] here"]),
        ("Hello <x>name</x>!", ["Hello [1]name[2]!"]),
        (
            '<?xml version="1.0" encoding="latin-1"?>\n<!DOCTYPE a [<!ENTITY c "d">]>\n<a>é &c; &amp;&#10;b</a>\n',
            ["é [1] & b"],
        ),
        ("<r><s>Hi <![CDATA[<b>]]> you</s><!-- c --><?p i?></r>", ["Hi [1] you"]),
        ('<r><s translate="no">Hi <b>you</b></s><s>Yes <i translate="no">no</i> yes</s></r>', ["Yes [1] yes"]),
        (
            '<resources><string name="a" translatable="false">x</string><string name="b">Hi %1$s</string></resources>',
            ["Hi [1]"],
        ),
        ("", []),
    ],
)
def test_the_model_sees_text_and_markers(text: str, expected: list[str]) -> None:
    assert seen(text, "xml") == expected
    found = document(text, "xml")
    assert found.join([unit.source for unit in found.units]) == text


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("<a>\n</b>", 2, 3),
        ("a & b", 1, 4),
        ("<a>", 1, 4),
        ("</root><root>", 1, 8),
        ("<?xml version='1.0'?>", 1, 22),
        ("\0", 1, 1),
    ],
)
def test_malformed_xml_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(MalformedMarkup) as error:
        document(text, "xml")
    assert (error.value.param, error.value.line, error.value.column) == ("text", line, column)


def test_half_a_surrogate_pair_is_malformed() -> None:
    with pytest.raises(MalformedMarkup):
        document("a \ud800 b", "xml")


def test_a_translation_is_escaped() -> None:
    [unit] = document("<a>x</a>", "xml").units
    assert restore(unit, "]]> <b> & \x0b\ud800") == "]]&gt; &lt;b&gt; &amp; "
