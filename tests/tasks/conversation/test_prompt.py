"""Messages with calls as templates take them, and as texts for templates that know no tools."""

import json
from typing import Any

from service.tasks.conversation.formats.tool_format import _FORMATS
from service.tasks.conversation.prompt import generic_messages, template_messages
from tests.tasks.conversation.making import TOOLS

MISTRAL = next(format for format in _FORMATS if format.name == "mistral")


def call(id: str, arguments: str = '{"city": "Oslo"}') -> dict[str, Any]:
    return {"id": id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}


HISTORY: list[dict[str, Any]] = [
    {"role": "user", "content": "Weather?"},
    {"role": "assistant", "content": "", "tool_calls": [call("call_1"), call("call_2")]},
    {"role": "tool", "content": "snow", "tool_call_id": "call_1"},
    {"role": "tool", "content": "rain", "tool_call_id": "call_2"},
    {"role": "user", "content": "Thanks"},
]


def test_templates_get_arguments_as_objects() -> None:
    messages = template_messages(HISTORY, None)
    assert messages[1]["tool_calls"][0]["function"]["arguments"] == {"city": "Oslo"}
    assert messages[2] == {"role": "tool", "content": "snow", "tool_call_id": "call_1", "name": "get_weather"}
    assert HISTORY[1]["tool_calls"][0]["function"]["arguments"] == '{"city": "Oslo"}'


def test_arguments_that_were_cut_off_stay_a_text() -> None:
    cut = [{"role": "assistant", "content": "", "tool_calls": [call("a", '{"ci')]}]
    assert template_messages(cut, None)[0]["tool_calls"][0]["function"]["arguments"] == '{"ci'


def test_ids_get_the_length_that_a_template_takes() -> None:
    messages = template_messages(HISTORY, MISTRAL)
    ids = [each["id"] for each in messages[1]["tool_calls"]]
    assert [len(id) for id in ids] == [9, 9]
    assert ids == [messages[2]["tool_call_id"], messages[3]["tool_call_id"]]
    assert ids[0] != ids[1]


def test_without_tools_in_the_template_calls_and_results_are_texts() -> None:
    messages = generic_messages(HISTORY, TOOLS)
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "user", "user"]
    for tool in TOOLS:
        assert json.dumps(tool.declaration()["function"]) in messages[0]["content"]
    written = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
    assert messages[2]["content"] == f"{written}\n{written}"
    results = "<tool_response>\nsnow\n</tool_response>\n<tool_response>\nrain\n</tool_response>"
    assert messages[3] == {"role": "user", "content": results}


def test_the_tools_follow_the_clients_system_message() -> None:
    [system, user] = generic_messages([{"role": "system", "content": "Be brief."}, HISTORY[0]], TOOLS)
    assert system["content"].startswith("Be brief.\n\n")
    assert "get_weather" in system["content"]
    assert user == HISTORY[0]
    assert generic_messages(HISTORY[:1], []) == HISTORY[:1]
