"""Plain text: which parts are placeholders, which are layout, and which are prose."""

import pytest

from service.tasks.translation.documents.marks.restoring import restore
from tests.tasks.translation.documents.reading import document, seen, source_of


@pytest.mark.parametrize(
    "placeholder",
    [
        *("{{x}}", "{{ person.name }}", "{0}", "{name}", "{ name }", "{user.name}", "{0:.2f}", "{ $partialSize }"),
        *("{count, number, integer}", "{% include x %}", "${x}", "#{x}", "%{name}", "$name"),
        *("%s", "%d", "%1$s", "%2$d", "%.2f", "%ld", "%@", "%(name)s", "%(count)d", "%NAME%", "%1%", "%%"),
        *("<0>", "</0>", "<0/>", "<br/>", '<a href="https://a.b/">', "&nbsp;", "&#8217;", "&#x2019;"),
        *(
            "[1]",
            "[ 23 ]",
            "【4】",
            "https://example.org/a?b=1&c=2#d",
            "www.example.org/a",
            "a.b+c@mail.example.org",
            "http://a.b/c_(d",
        ),
    ],
)
@pytest.mark.parametrize("frame", ["Take {} now", "看{}吧", "“{}” it says", "a\t{}, b"])
def test_a_placeholder_is_one_mark(placeholder: str, frame: str) -> None:
    [unit] = document(frame.replace("{}", placeholder)).units
    assert [mark.source for mark in unit.marks] == [placeholder]
    assert unit.text == frame.replace("{}", "[1]")


@pytest.mark.parametrize(
    "prose",
    [
        *("100% sure", "I am 100% sure of it", "50%discount", "5 % de remise", "a 10%-share", "it costs $5 or US$7"),
        *(
            "{ alone",
            "alone }",
            "{see below}",
            "{well, you know} he said",
            "a < b and c > d",
            "x <y and z> w",
            "I <3 you",
        ),
        *("R&D; no", "at home @ work", "e.g. this", "C:\\temp is it", "a_b and c*d", "3:30 p.m", "[see it]", "[a1]"),
    ],
)
def test_prose_has_no_marks(prose: str) -> None:
    assert not any(unit.marks for unit in document(prose).units)


def test_punctuation_behind_an_address_ends_the_sentence() -> None:
    assert seen("See https://a.b/c. Then (www.a.b/c), or a@b.org!") == ["See [1].", "Then ([1]), or [2]!"]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("one\r\ntwo\r\n", ["one", "\r\n", "two", "\r\n"]),
        ("\n\n  - one\n\t• two", ["\n\n  - ", "one", "\n\t• ", "two"]),
        ("1. one\n2) two\n(3) three\na) four", ["1. ", "one", "\n2) ", "two", "\n(3) ", "three", "\na) ", "four"]),
        ("1、一\n（二）二", ["1、", "一", "\n（二）", "二"]),
        ("One.  Two.\t\n", ["One.", "  ", "Two.", "\t\n"]),
        ("一。二！", ["一。", "二！"]),
        ("---\n42\n* * *\n{0}", ["---\n42\n* * *\n{0}"]),
        ("-5 is cold", ["-5 is cold"]),
        ("", []),
        (" \n", [" \n"]),
    ],
)
def test_layout_stays_outside_of_units(text: str, parts: list[str]) -> None:
    assert [source for part in document(text).parts if (source := source_of(part))] == parts


def test_terms_are_whole_words_the_longest_first() -> None:
    terms = {"API": "API", "REST API": "REST API", "node": "nœud", "令牌": "token"}
    assert seen("The REST API and the API, not APIs", protected=terms) == ["The [1] and the [2], not APIs"]
    assert seen("使用令牌登录", protected=terms) == ["使用[1]登录"]
    [unit] = document("Nodes and a node", protected=terms).units
    assert restore(unit, "Des nodes et un [1]") == "Des nodes et un nœud"
    assert unit.marks[0].terms == ("node",)


def test_a_term_that_begins_a_sentence_keeps_its_capital() -> None:
    [unit] = document("Node is up", protected={"node": "nœud"}).units
    assert restore(unit, "[1] fonctionne") == "Nœud fonctionne"


def test_a_text_that_is_only_a_term_needs_no_model() -> None:
    found = document("node", protected={"node": "nœud"})
    assert (found.units, found.parts) == ((), ("nœud",))


@pytest.mark.parametrize(
    "source", ["[1] says {0}", "【1】 and [ 22 ] say {0}", "[[1]] says [{0}]", "[ {0} 1] say [", "see [1{0}2]"]
)
def test_markers_of_the_text_itself_are_text(source: str) -> None:
    [unit] = document(source).units
    assert restore(unit, unit.text) == source
    assert restore(unit, f"Oh {unit.text}") == f"Oh {source}"
