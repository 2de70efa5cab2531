"""Codes in texts: whatever a translation does with them, they are written and nest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.translation.files.inline import Code, CodeKind, InlineText


def atoms(*, repeats: bool) -> list[str | Code[str]]:
    opening, alone, closing = (
        Code(kind, source, repeats)
        for kind, source in ((CodeKind.OPEN, "<"), (CodeKind.ALONE, "x"), (CodeKind.CLOSE, ">"))
    )
    return ["a", opening, "b", alone, closing, "c"]


TOKENS = [
    "mot",
    "</span>",
    *(f'<{tag} {name}="{i}">' for tag in ("span", "wbr") for name in ("id", "n") for i in (1, 3, 9)),
]


@pytest.mark.parametrize("repeats", [False, True])
@given(translation=st.lists(st.sampled_from(TOKENS)).map("".join))
def test_pairs_nest_and_no_code_is_lost(repeats: bool, translation: str) -> None:
    placed = [atom.source for atom in InlineText(atoms(repeats=repeats)).place(translation) if isinstance(atom, Code)]
    counts = [placed.count(source) for source in "<>x"]
    assert counts[0] == counts[1]
    assert counts == [1, 1, 1] if not repeats else min(counts) >= 1
    depth = 0
    for source in placed:
        depth += {"<": 1, ">": -1}.get(source, 0)
        assert depth >= 0


def test_codes_that_may_be_repeated_are_written_as_often_as_a_translation_has_them() -> None:
    once, often = (InlineText(atoms(repeats=repeats)) for repeats in (False, True))
    assert once.text.replace(" id=", " n=") == often.text == 'a<span n="1">b<wbr n="3"/></span>c'
    text = f"{{n, plural, one {{{often.text}}} other {{{often.text}}}}}"
    assert sum(isinstance(atom, Code) for atom in often.place(text)) == 6
