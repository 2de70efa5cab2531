"""A call that repeats an earlier one of its turn is held back, and the turn ends there."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.conversation.formats.tool_format import _FORMATS, GENERIC, ToolFormat
from tests.tasks.conversation.making import new_parser, read, written

OSLO = ("get_weather", '{"city": "Oslo", "days": [1]}')
BERN = ("get_weather", '{"city": "Bern", "days": [1]}')
LATER = ("get_weather", '{"city": "Oslo", "days": [1, 2]}')
NOTHING = ("get", "{}")

SEVERAL = [format for format in _FORMATS if format.separator is not None]


@pytest.mark.parametrize("format", SEVERAL, ids=lambda format: format.name)
@given(data=st.data())
def test_a_turn_ends_where_it_repeats_a_call(format: ToolFormat, data: st.DataObject) -> None:
    calls = data.draw(st.lists(st.sampled_from([OSLO, BERN, LATER, NOTHING]), min_size=1, max_size=6))
    text = "Hi." + written(format, *calls)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=20)))
    parser = new_parser(format)
    turn = read(parser, [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)])
    first = next((place for place, call in enumerate(calls) if call in calls[:place]), len(calls))
    assert [(call.name, call.arguments) for call in turn.calls] == calls[:first]
    assert (turn.text, turn.num_calls) == ("Hi.", first)
    assert parser.has_repetition == (first < len(calls))
    assert len({call.id for call in turn.calls}) == first


def test_what_a_call_repeats_is_not_shown_before_it_differs() -> None:
    parser = new_parser(GENERIC)
    parser.feed(written(GENERIC, OSLO) + "\n")
    text = written(GENERIC, LATER)
    shared = text.index("[1") + 2
    assert not any(parser.feed(character).calls for character in text[:shared])
    [first, rest] = parser.feed(text[shared]).calls
    assert (first.index, first.name, first.arguments) == (1, "get_weather", "")
    assert rest.arguments == '{"city": "Oslo", "days": [1,'


def test_a_repetition_that_is_cut_off_is_no_call() -> None:
    text = written(GENERIC, OSLO) + "\n" + written(GENERIC, OSLO)
    turn = read(new_parser(GENERIC), [text[: text.rindex("Oslo")]])
    assert [json.loads(call.arguments)["city"] for call in turn.calls] == ["Oslo"]


def test_nothing_follows_a_repetition() -> None:
    parser = new_parser(GENERIC)
    turn = read(parser, [written(GENERIC, NOTHING, NOTHING), " more", written(GENERIC, OSLO)])
    assert [(call.name, call.arguments) for call in turn.calls] == [NOTHING]
    assert (turn.text, parser.has_repetition) == ("", True)
