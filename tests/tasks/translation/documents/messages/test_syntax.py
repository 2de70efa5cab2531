"""Which parts of a text are messages, and which are quoted."""

import pytest

from service.tasks.translation.documents.messages.syntax import PatternText, read_pattern


def shown(text: str, part: PatternText) -> list[object]:
    """The quoted parts, and the branches of each message, in order."""
    quoted = [text[begin:end] for begin, end in part.quoted]
    return [*quoted, *([shown(text, branch) for branch in message.branches] for message in part.messages)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'{a}' {n, plural, one {x} other {'#' y}} '#'", ["'{a}'", [[], ["'#'"]]]),
        ("{n, select, a {'#' {m, plural, other {'#}'}}}}", [[[[["'#}'"]]]]]),
        ("''{n, plural, other {it''s}}", [[[]]]),
        ("{n, number, '{'} {n, plural, one {{x, date, '}'}}}", [[[]]]),
        ("{ {n, plural, one x} {n, plural, one {{m, select, a {}}} two", [[[]]]),
        ("{n, plural, one {'{'} x y {m, select, a {}}}", ["'{'", [[]]]),
        ("} {n, plural, one {}}}", [[[]]]),
        ("{n, plural} {n, plural,} {n,select, a}", []),
    ],
)
def test_messages_and_quotes_are_found(text: str, expected: list[object]) -> None:
    pattern = read_pattern(text)
    assert shown(text, pattern.text) == expected
    assert pattern.open_quote is None


@pytest.mark.parametrize("text", ["d'{a} {n, plural, one {}}", "{n, plural, one {d'# x}}"])
def test_an_apostrophe_may_quote_the_rest(text: str) -> None:
    pattern = read_pattern(text)
    assert pattern.open_quote == text.index("'")
    assert len(pattern.text.messages) == 1


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("{votes.0 , plural, other {#}}", "{votes.0, number}"),
        ("{n, plural,  offset:1  one {#} other {#}}", "{n, plural, offset:1 other {#}}"),
        ("{n, selectordinal, other {#}}", "{n, number}"),
    ],
)
def test_an_argument_may_show_the_number(text: str, number: str) -> None:
    [message] = read_pattern(text).text.messages
    assert message.number == number


def test_a_plural_form_that_shows_a_number_less_its_offset_is_an_argument() -> None:
    assert not read_pattern("{n, plural, offset:1 other {#}}").text.messages


def test_messages_are_found_in_branches_of_four_messages_and_no_deeper() -> None:
    text, depth = "x", 0
    for _ in range(6):
        text = f"{{n, select, other {{{text}}}}}"
    found = read_pattern(text).text
    while found.messages:
        found, depth = found.messages[0].branches[0], depth + 1
    assert depth == 4


def test_a_message_with_very_many_branches_is_none() -> None:
    for branches, count in ((399, 1), (400, 0)):
        assert len(read_pattern(f"{{n, select,{' a {b}' * branches}}}").text.messages) == count
