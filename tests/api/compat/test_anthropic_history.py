"""Turns in Anthropic's shape: the prompt that the model reads."""

from typing import Any

import pytest

from tests.api.compat.anthropic import BODY, WEATHER, prompt_of, reasoning_engine
from tests.api.scripted import scripted_service

USE = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {"city": "Østby"}}
RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "Rain."}
ASK = {"role": "user", "content": "Rain?"}


def text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def thinking(thoughts: str) -> dict[str, Any]:
    return {"type": "thinking", "thinking": thoughts, "signature": "unsigned"}


def prompt(messages: list[Any], **fields: Any) -> str:
    with scripted_service(reasoning_engine("Yes.")) as service:
        body = BODY | {"messages": messages} | fields
        answer = service.http.post("/v1/messages", json=body)
        assert answer.status_code == 200, answer.text
        counted = {name: value for name, value in body.items() if name != "max_tokens"}
        count = service.http.post("/v1/messages/count_tokens", json=counted).json()
        assert count == {"input_tokens": len(service.engine.requests[-1].prompt)}
        return prompt_of(service.engine)


@pytest.mark.parametrize("system", ["Be brief.\n\nBe kind.", [text("Be brief."), text("Be kind.")]])
def test_a_system_prompt_is_a_text_or_blocks(system: Any) -> None:
    assert prompt([ASK], system=system) == "system: Be brief.\n\nBe kind.\nuser: Rain?\nassistant: "


def test_a_line_that_is_new_in_every_request_does_not_begin_the_prompt() -> None:
    blocks = [text("x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli; cch=71fea;"), text("Be brief.")]
    assert prompt([ASK], system=blocks) == "system: Be brief.\nuser: Rain?\nassistant: "


def test_turns_of_one_role_are_one_turn() -> None:
    turns = [ASK, {"role": "user", "content": [text("Today."), text("")]}, {"role": "assistant", "content": "No"}]
    turns += [{"role": "system", "content": "Be sure."}, {"role": "user", "content": "Why?"}]
    assert prompt(turns) == "user: Rain?\n\nToday.\nassistant: No\nsystem: Be sure.\nuser: Why?\nassistant: "


def test_the_last_turn_of_the_assistant_goes_on() -> None:
    assert (
        prompt([ASK, {"role": "assistant", "content": "The answer is ("}]) == "user: Rain?\nassistant: The answer is ("
    )


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (RESULT, "Rain."),
        (RESULT | {"content": [text("Rain."), text("Snow.")]}, "Rain.\n\nSnow."),
        (RESULT | {"content": "no such city", "is_error": True}, "Error: no such city"),
        ({"type": "tool_result", "tool_use_id": "toolu_1"}, ""),
    ],
)
def test_calls_and_results(result: dict[str, Any], shown: str) -> None:
    turns = [ASK, {"role": "assistant", "content": [text("I look."), USE]}]
    turns += [{"role": "user", "content": [result, text("Well?")]}]
    written = prompt(turns, tools=[WEATHER])
    assert '{"name": "get_weather", "arguments": {"city": "Østby"}}' in written
    assert f"<tool_response>\n{shown}\n</tool_response>\nuser: Well?\nassistant: " in written


def test_thoughts_are_passed_on_and_redacted_ones_are_not() -> None:
    redacted = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    turns = [ASK, {"role": "assistant", "content": [thinking("Clouds."), redacted, text("Yes.")]}, ASK]
    assert prompt(turns) == "user: Rain?\nassistant: <think>Clouds.</think>Yes.\nuser: Rain?\nassistant: "


@pytest.mark.parametrize(
    ("edits", "kept"),
    [
        ([], "abc"),
        ([{"type": "clear_thinking_20251015", "keep": "all"}], "abc"),
        ([{"type": "clear_thinking_20251015", "keep": {"type": "all"}}], "abc"),
        ([{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}}], "bc"),
        ([{"type": "clear_thinking_20251015"}], "c"),
    ],
)
def test_older_thoughts_are_left_out(edits: list[Any], kept: str) -> None:
    turns = [each for name in "abc" for each in (ASK, {"role": "assistant", "content": [thinking(name), text("Yes.")]})]
    written = prompt([*turns, ASK], context_management={"edits": edits})
    assert [name for name in "abc" if f"<think>{name}</think>" in written] == list(kept)


def test_examples_of_inputs_are_shown() -> None:
    written = prompt([ASK], tools=[WEATHER | {"input_examples": [{"city": "Vardø"}]}])
    assert '"examples": [{"city": "Vardø"}]' in written


def test_an_answer_can_be_sent_back_as_it_is() -> None:
    """With the nulls that the official client adds."""
    block: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": {}, "caller": None}
    turns = [ASK, {"role": "assistant", "content": [thinking("a"), text("b") | {"citations": None}, block]}]
    assert "Rain." in prompt([*turns, {"role": "user", "content": [RESULT]}])
