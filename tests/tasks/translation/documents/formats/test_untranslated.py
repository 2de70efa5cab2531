"""Elements that say that they are not translated."""

import pytest

from service.tasks.translation.documents.formats.format import Format
from service.tasks.translation.documents.formats.html.tag_rules import TagRules
from tests.tasks.translation.documents.reading import document


@pytest.mark.parametrize(
    ("format", "element"),
    [
        (format, element)
        for format in ("text", "markdown", "html")
        for element in (
            '<span translate="no">Big Apple</span>',
            "<span translate='no'>Big <b>Apple</b></span>",
            '<span class="x notranslate">Big Apple</span>',
            '<SPAN TRANSLATE="NO">Big Apple</SPAN>',
        )
    ]
    + [("xml", '<x its:translate="no">Big Apple</x>'), ("xml", '<x translate="no">Big Apple</x>')],
)
def test_the_model_does_not_see_their_words(format: Format, element: str) -> None:
    text = f"See {element} now."
    found = document(text, format)
    assert [unit.text for unit in found.units] == ["See [1] now."]
    assert found.join([unit.source for unit in found.units]) == text


@pytest.mark.parametrize("format", ["text", "markdown"])
def test_an_element_without_an_end_is_a_tag(format: Format) -> None:
    assert [unit.text for unit in document("A <b translate=no>word here", format).units] == ["A [1]word here"]
    assert [unit.text for unit in document("A <b translate='yes'>word</b> here", format).units] == ["A [1]word[2] here"]


@pytest.mark.parametrize(
    ("format", "text", "expected"),
    [
        (
            "html",
            '<div translate="no">No <b translate="yes">Yes <i>it</i> is</b> no</div> On',
            ["Yes [1]it[2] is", "On"],
        ),
        ("html", 'A <i translate="no">no <b translate="yes">yes</b> no</i> b', ["A", "yes", "b"]),
        ("html", '<p class="notranslate">no <b translate="">Yes</b></p>', ["Yes"]),
        ("html", '<p translate="no">no <b class="notranslate" translate="yes">no</b></p>', []),
        ("html", "<p translate=no><b translate=yes>One <i translate=no>no</i><u> two</u></b>no</p>", ["One", "two"]),
        ("html", "<div translate=no><p translate=yes>One<div>two</div></p>no</div>three", ["One", "two", "three"]),
        ("html", "<div translate=no><span translate=yes>One<div>two</div></div>three", ["One", "two", "three"]),
        ("html", "<b translate=no>no<i translate=yes>one", ["one"]),
        (
            "html",
            'Run <code translate="yes">the command</code> <code>ls <b translate="yes">Now</b></code>',
            ["Run [1]the command[2]", "Now"],
        ),
        (
            "html",
            '<p translate=no><script>"<b translate=yes>"</script><!--<b translate=yes>--><br translate=yes>no</p>',
            [],
        ),
        (
            "markdown",
            '<div translate="no">No <b translate="yes">Yes <i>it</i> is</b> no</div>\n\nOn',
            ["Yes [1]it[2] is", "On"],
        ),
        ("markdown", 'A <i translate="no">no <b translate="yes">*yes*</b> no</i> **b**', ["A", "yes", "b"]),
        ("text", 'A <i translate="no">no <b translate="yes">yes {x}</b> no</i> b', ["A", "yes [1]", "b"]),
        ("markdown", '<i class="notranslate">no <i>no</i> no</i> b', ["[1] b"]),
        ("text", '<i class="notranslate">no <i>no</i> no</i> b', ["[1] b"]),
        ("markdown", "<b translate=no>no `x` <i translate=yes>one [two](u)</b> b", ["one [1]two[2]", "b"]),
        ("markdown", "A <b translate=no>no <b>no</b> b", ["A [1] b"]),
        ("markdown", 'Press <kbd>Enter</kbd> <code translate="yes">now</code>', ["Press [1] [2]now[3]"]),
        ("markdown", 'See <video>no</video> <textarea>no <b translate="yes">no</b></textarea>it', ["See [1]it"]),
        ("markdown", "<div translate=no>\n\nNo *one*\n\n- no\n\n</div>\n\nOn *it*", ["On [1]it[2]"]),
        (
            "markdown",
            '<section class="notranslate">\n\nNo\n\n<div translate="yes">\n\n# Yes\n\n- *it* is\n\n</div>\n\n'
            "No\n\n</section>\n\nOn",
            ["Yes", "[1]it[2] is", "On"],
        ),
        ("markdown", "<div translate=no>\n\nOne\n\n<p translate=no>no\n\nTwo\n\n<p>Three</p>", ["One", "Two", "Three"]),
        ("text", "Press <kbd>Enter</kbd>", ["Press [1]Enter[2]"]),
        ("xml", '<a><b translate="no">no<c translate="yes">Yes</c>no</b><d>On</d></a>', ["Yes", "On"]),
        (
            "xml",
            'A <b its:translate="no">no <c its:translate="yes">yes <d translate="no">no</d></c> no</b> b',
            ["A", "yes [1]", "b"],
        ),
        ("xml", '<r><string translatable="false">no<x translatable="true">Yes</x></string></r>', ["Yes"]),
    ],
)
def test_an_element_in_it_may_be_translated(format: Format, text: str, expected: list[str]) -> None:
    found = document(text, format)
    assert [unit.text for unit in found.units] == expected
    assert found.join([unit.source for unit in found.units]) == text


def test_tags_that_the_client_ignores_are_kept_with_all_that_is_in_them() -> None:
    rules = TagRules(ignored=frozenset({"x"}))
    for format in ("html", "xml"):
        assert document('<x>no <b translate="yes">no</b></x>', format, tags=rules).units == ()


@pytest.mark.timeout(60)  # quadratic time would be far longer
def test_many_switches_are_read_in_linear_time() -> None:
    cases: list[tuple[Format, str, list[str]]] = [
        ("html", '<b translate="no">a<i translate="yes">b' * 4000, ["b"] * 4000),
        ("markdown", '<b translate="no">a<i translate="yes">b</i></b>' * 4000, ["b"] * 4000),
        ("text", '<b translate="no">a<b translate="no">b</b>' * 4000, []),
        ("markdown", "".join(f'<x{i} translate="no"><!--<script></x{i}>' for i in range(4000)), []),
    ]
    for format, text, texts in cases:
        found = document(text, format)
        assert [unit.text for unit in found.units] == texts
        assert found.join([unit.source for unit in found.units]) == text
