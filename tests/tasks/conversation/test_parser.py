"""The text of a turn in pieces of any size becomes the same parts, and a text without calls stays as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.tasks.conversation.formats.tool_format import _FORMATS, GENERIC, ToolFormat
from service.tasks.conversation.parsing.turn import Turn
from tests.tasks.conversation.making import THINK, new_parser, read, use_of, written

ARGUMENTS = '{"city": "}\\"{[", "days": [{"a": [1, {}]}, ",}"]}'


def parts(turn: Turn) -> tuple[str, str, list[tuple[str, str]]]:
    return turn.reasoning, turn.text, [(call.name, call.arguments) for call in turn.calls]


@pytest.mark.parametrize("format", _FORMATS, ids=lambda format: format.name)
@given(data=st.data())
def test_calls_of_every_format_in_any_pieces(format: ToolFormat, data: st.DataObject) -> None:
    calls = [("get_weather", ARGUMENTS), ("get", "{}")][: 1 if format.separator is None else 2]
    text = "Hi there.\n" + written(format, *calls)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=20)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    turn = read(new_parser(format), pieces)
    assert parts(turn) == ("", "Hi there.", calls)
    assert turn.has_calls
    assert len({call.id for call in turn.calls}) == len(calls)


OBJECT = '{"name": "get", "arguments": {}}'
FENCED = '```json\n{\n  "name": "get_weather",\n  "parameters": {\n    "city": "Oslo"\n  }\n}\n```'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OBJECT, ("", "", [("get", "{}")])),
        (f"I call.\n\n{FENCED}\n", ("", "I call.", [("get_weather", '{\n    "city": "Oslo"\n  }')])),
        (f"{OBJECT}\n{OBJECT.replace('get', 'get_weather')} ok", ("", "ok", [("get", "{}"), ("get_weather", "{}")])),
        (f"{OBJECT}\n{OBJECT} done", ("", "", [("get", "{}")])),
        (f"<think>\nHm {OBJECT}\n</think>\n\nHi", (f"Hm {OBJECT}", "Hi", [])),
        (f"<think></think>{OBJECT}", ("", "", [("get", "{}")])),
        ("  <think>so", ("so", "", [])),
        ("<thin", ("", "<thin", [])),
        ("Hi <think> x", ("", "Hi <think> x", [])),
        ('{"name": "Bob", "arguments": {}}', ("", '{"name": "Bob", "arguments": {}}', [])),
        ('{"name": "get"}  ', ("", '{"name": "get"}  ', [])),
        ("a <tool_call> b", ("", "a<tool_call> b", [])),  # no call: the constraint would not have allowed it
        ("a < b <tool", ("", "a < b <tool", [])),
        ('<tool_call>\n{"name": "ge', ("", "", [])),
        ('<tool_call>\n{"name": "get", "arguments": {"a', ("", "", [("get", '{"a')])),
        ("", ("", "", [])),
        ("  \n ", ("", "  \n ", [])),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_turn_in_pieces(text: str, expected: tuple[str, str, list[tuple[str, str]]], size: int) -> None:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert parts(read(new_parser(GENERIC, THINK), pieces)) == expected


def test_a_prompt_that_ends_in_the_thoughts() -> None:
    turn = read(new_parser(None, THINK, in_reasoning=True), ["\nso ", "be it", "\n</thi", "nk>\n\nYes"])
    assert parts(turn) == ("so be it", "Yes", [])


def test_only_the_first_object_is_a_call_without_parallel_calls() -> None:
    turn = read(new_parser(GENERIC, use=use_of(parallel=False)), [OBJECT, OBJECT])
    assert parts(turn) == ("", OBJECT, [("get", "{}")])


@given(st.lists(st.text(alphabet='<tool_ca>{"name": get,}`\n', max_size=30), max_size=8))
def test_a_text_without_a_call_is_returned_whole(pieces: list[str]) -> None:
    text = "".join(pieces)
    parser = new_parser(None)
    assert parts(read(parser, pieces)) == ("", text, [])
    turn = read(new_parser(GENERIC), pieces)
    if not turn.calls and "<tool_call>" not in text:
        assert turn.text == text


def test_much_white_space_takes_no_time() -> None:
    parser = new_parser(GENERIC, THINK)
    turn = read(parser, ["x", *[" \n"] * 5_000, "y"])
    assert turn.text == "x" + " \n" * 5_000 + "y"
