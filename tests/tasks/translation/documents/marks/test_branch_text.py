"""Text that is quoted in messages, and text of a model that becomes none of their syntax."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.translation.documents.marks.branch_text import fit_term, quote
from service.tasks.translation.documents.marks.restoring import force_restore
from service.tasks.translation.documents.marks.unit import Mark, Unit
from tests.tasks.translation.documents.icu import readings


@pytest.mark.parametrize(("syntax", "kind"), [("{}", "select"), ("{}#", "plural")])
@given(literal=st.text(st.sampled_from("a {}#'")))
def test_what_is_quoted_reads_as_it_was(syntax: str, kind: str, literal: str) -> None:
    assert readings(f"{{n, {kind}, other {{{quote(literal, syntax)}}}}}") == [literal]


def test_an_apostrophe_at_the_edge_of_a_text_is_none_of_a_quote_beside_it() -> None:
    unit = Unit("It is", "It is", (), 0, 0, syntax="{}")
    assert force_restore(unit, "'t is'") == "’t is’"
    assert force_restore(unit, "''t is''") == "''t is''"


@pytest.mark.parametrize(
    ("term", "syntax", "written"),
    [
        ("d'été", "{}#", "d'été"),
        ("d'", "{}", "d’"),
        ("C#", "{}", "C#"),
        ("C#", "{}#", "C'#'"),
        ("l'{a}", "{}", "l'''{'a'}'"),
        ("l'{a}#", "{}#'", "l’a"),
    ],
)
def test_a_term_reads_as_it_is(term: str, syntax: str, written: str) -> None:
    assert fit_term(term, syntax) == written


@pytest.mark.parametrize(("syntax", "kind"), [("{}", "select"), ("{}#", "plural")])
@given(output=st.lists(st.sampled_from(["[1]", "[2]", "[3]", "'", "''", "{", "}", "#", "a"])).map("".join))
def test_marks_read_as_they_are_whatever_the_model_writes(syntax: str, kind: str, output: str) -> None:
    literals = ["{x}'", "'}"]
    marks = [*(quote(literal, syntax) for literal in literals), "{name}"]
    unit = Unit("[1] [2] [3] a", "", tuple(Mark(mark, mark) for mark in marks), 0, 0, syntax=syntax)
    [reading] = readings(f"{{n, {kind}, other {{{force_restore(unit, output)}}}}}")
    for part, count in (("{x}'", 1), ("'}", 1), ("{name}", 1), ("{", 2), ("}", 3)):
        assert reading.count(part) == count
