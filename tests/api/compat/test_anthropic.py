"""Anthropic's messages over a scripted engine: what is sent to the engine, and what is answered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.compat.anthropic.conversation.blocks import ToolResultBlock, ToolUseBlock
from service.api.compat.anthropic.conversation.history import MessageField
from service.api.compat.anthropic.conversation.thinking import Thinking
from service.api.compat.anthropic.conversation.tools import CustomTool
from service.api.compat.anthropic.messages.request import MessagesRequest
from service.engine.protocol.grammar import Grammar
from tests.api.compat.anthropic import (
    BODY,
    CALL,
    THOUGHTS,
    WEATHER,
    named_events,
    prompt_of,
    reasoning_engine,
)
from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.keys.making import bearer

MESSAGES = "/v1/messages"
COUNT = "/v1/messages/count_tokens"
CHANGE = {"type": "tool_addition", "tool": {"type": "tool_reference", "name": "nowhere"}}
DETAILS = {"output_tokens_details": {"thinking_tokens": 0}}


def test_a_message(hello: Scripted) -> None:
    answer = hello.http.post(MESSAGES, json=BODY)
    message = answer.json()
    assert message.pop("id").startswith("msg_")
    usage = message.pop("usage")
    assert message == {
        "type": "message",
        "role": "assistant",
        "model": "org/tiny",
        "content": [{"type": "text", "text": "Hello", "citations": None}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
    }
    prompt = len(hello.engine.requests[-1].prompt)
    assert usage == {
        "input_tokens": prompt - 1,  # the scripted engine says that one token was cached
        "cache_read_input_tokens": 1,
        "cache_creation_input_tokens": 0,
        "output_tokens": len("Hello") + 1,
        "output_tokens_details": {"thinking_tokens": 0},
        "service_tier": "standard",
    }
    assert hello.http.post(COUNT, json={"messages": BODY["messages"]}).json() == {"input_tokens": prompt}
    assert answer.headers["request-id"] == answer.headers["x-request-id"]


def test_a_stream(hello: Scripted) -> None:
    start, *blocks, delta, stop = named_events(hello.http.post(MESSAGES, json=BODY | {"stream": True}))
    assert (start["type"], start["message"]["content"], start["message"]["stop_reason"]) == ("message_start", [], None)
    assert blocks[0] == {
        "type": "content_block_start",
        "index": 0,
        "content_block": {"type": "text", "text": "", "citations": None},
    }
    assert blocks[-1] == {"type": "content_block_stop", "index": 0}
    assert {(each["type"], each["index"], each["delta"]["type"]) for each in blocks[1:-1]} == {
        ("content_block_delta", 0, "text_delta")
    }
    assert "".join(each["delta"]["text"] for each in blocks[1:-1]) == "Hello"
    assert delta["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert delta["usage"]["output_tokens"] == 6
    assert delta["usage"]["input_tokens"] == start["message"]["usage"]["input_tokens"]
    assert stop == {"type": "message_stop"}


def test_sampling_fields_reach_the_engine(hello: Scripted) -> None:
    fields = {"temperature": 0.5, "top_p": 0.6, "top_k": 7}
    assert hello.http.post(MESSAGES, json=BODY | fields | {"max_tokens": 9}).status_code == 200
    params = hello.engine.requests[-1].params
    assert {name: getattr(params, name) for name in fields} == fields
    assert params.max_tokens == 9
    assert hello.http.post(MESSAGES, json=BODY).status_code == 200
    params = hello.engine.requests[-1].params
    assert (params.temperature, params.top_p, params.top_k) == (1, 1, 0)


@pytest.mark.parametrize(
    ("fields", "reason", "sequence", "text"),
    [
        ({"max_tokens": 3}, "max_tokens", None, "Hel"),
        ({"stop_sequences": ["x", "lo"]}, "stop_sequence", "lo", "Hel"),
        ({"max_tokens": 0}, "max_tokens", None, None),
        ({"max_tokens": 1 << 24}, "end_turn", None, "Hello"),
    ],
)
def test_why_a_message_ends(
    hello: Scripted, fields: dict[str, Any], reason: str, sequence: str | None, text: str | None
) -> None:
    message = hello.http.post(MESSAGES, json=BODY | fields).json()
    assert (message["stop_reason"], message["stop_sequence"]) == (reason, sequence)
    assert [block["text"] for block in message["content"]] == ([] if text is None else [text])
    *_, delta, _ = named_events(hello.http.post(MESSAGES, json=BODY | fields | {"stream": True}))
    assert delta["delta"] == {"stop_reason": reason, "stop_sequence": sequence}


def test_a_message_ends_where_the_context_does() -> None:
    """Agents ask for tens of thousands of tokens, whatever the model's context is."""
    with scripted_service(ScriptedEngine(text="a" * 100, max_model_len=50)) as service:
        message = service.http.post(MESSAGES, json=BODY | {"max_tokens": 32_000}).json()
        assert message["stop_reason"] == "model_context_window_exceeded"
        prompt = len(service.engine.requests[-1].prompt)
        assert message["content"][0]["text"] == "a" * (50 - prompt)
        long = {"messages": [{"role": "user", "content": "x" * 60}]}
        refused = service.http.post(MESSAGES, json=BODY | long)
        assert refused.status_code == 400
        assert refused.json()["error"]["message"].startswith("prompt is too long: ")
        assert service.http.post(COUNT, json=long).json()["input_tokens"] > 60


def test_a_call() -> None:
    with scripted_service(ScriptedEngine(text=f"I look.\n{CALL}")) as service:
        body = BODY | {"tools": [WEATHER], "tool_choice": {"type": "auto"}}
        message = service.http.post(MESSAGES, json=body).json()
        assert message["stop_reason"] == "tool_use"
        text, call = message["content"]
        assert text["text"] == "I look."
        assert call.pop("id")
        assert call == {"type": "tool_use", "name": "get_weather", "input": {"city": "Oslo"}}
        assert isinstance(service.engine.requests[-1].params.constraint, Grammar)
        assert "The weather in a city now." in prompt_of(service.engine)
        _, *blocks, delta, _ = named_events(service.http.post(MESSAGES, json=body | {"stream": True}))
        starts = [each for each in blocks if each["type"] == "content_block_start"]
        assert [(each["index"], each["content_block"]["type"]) for each in starts] == [(0, "text"), (1, "tool_use")]
        assert starts[1]["content_block"]["input"] == {}
        parts = [each["delta"]["partial_json"] for each in blocks if each.get("delta", {}).get("partial_json")]
        assert len(parts) > 1
        assert "".join(parts) == '{"city": "Oslo"}'
        assert [each["index"] for each in blocks if each["type"] == "content_block_stop"] == [0, 1]
        assert delta["delta"]["stop_reason"] == "tool_use"
        for behind, kept in (("}}\n</tool_call>", {"city": "Oslo"}), ('lo"}}\n</tool_call>', {})):
            most = len(f"I look.\n{CALL}".removesuffix(behind))
            cut = service.http.post(MESSAGES, json=body | {"max_tokens": most}).json()
            assert (cut["stop_reason"], cut["content"][1]["input"]) == ("max_tokens", kept)


def test_text_goes_on_behind_a_call() -> None:
    oslo = '{"name": "get_weather", "arguments": {"city": "Oslo"}}'
    bern = oslo.replace("Oslo", "Bern")
    with scripted_service(ScriptedEngine(text=f"One. {oslo} Two. {bern}")) as service:
        body = BODY | {"tools": [WEATHER]}
        whole = service.http.post(MESSAGES, json=body).json()["content"]
        assert [block["type"] for block in whole] == ["text", "tool_use", "text", "tool_use"]
        assert [block["text"] for block in whole if block["type"] == "text"] == ["One.", "Two."]
        events = named_events(service.http.post(MESSAGES, json=body | {"stream": True}))
        starts = [each["content_block"]["type"] for each in events if each["type"] == "content_block_start"]
        assert starts == ["text", "tool_use", "text", "tool_use"]


@pytest.mark.parametrize(
    ("choice", "shown", "constrained"),
    [
        (None, True, True),
        ({"type": "any", "disable_parallel_tool_use": True}, True, True),
        ({"type": "tool", "name": "get_weather"}, True, True),
        ({"type": "none"}, False, False),
    ],
)
def test_the_choice_of_tools(hello: Scripted, choice: Any, shown: bool, constrained: bool) -> None:
    answer = hello.http.post(MESSAGES, json=BODY | {"tools": [WEATHER], "tool_choice": choice})
    assert answer.status_code == 200, answer.text
    assert ("get_weather" in prompt_of(hello.engine)) == shown
    assert (hello.engine.requests[-1].params.constraint is not None) == constrained


def test_thoughts() -> None:
    with scripted_service(reasoning_engine(f"{THOUGHTS}Yes.")) as service:
        message = service.http.post(MESSAGES, json=BODY).json()
        thoughts, text = message["content"]
        assert thoughts["thinking"].strip() == "It may rain."
        assert thoughts["signature"]
        assert text["text"] == "Yes."
        assert message["usage"]["output_tokens_details"]["thinking_tokens"] > 0
        _, *blocks, _, _ = named_events(service.http.post(MESSAGES, json=BODY | {"stream": True}))
        kinds = [
            each["delta"]["type"] for each in blocks if each["type"] == "content_block_delta" and not each["index"]
        ]
        assert set(kinds[:-1]) == {"thinking_delta"}
        assert kinds[-1] == "signature_delta"
        hidden = service.http.post(MESSAGES, json=BODY | {"thinking": {"type": "adaptive", "display": "omitted"}})
        assert [(each["type"], each.get("thinking")) for each in hidden.json()["content"]] == [
            ("thinking", ""),
            ("text", None),
        ]


@pytest.mark.parametrize(
    ("thinking", "prompt"),
    [(None, ""), ({"type": "adaptive"}, ""), ({"type": "disabled"}, "thinking False")],
)
def test_thinking_is_a_switch_of_the_template(thinking: Any, prompt: str) -> None:
    with scripted_service(reasoning_engine("Yes.")) as service:
        assert service.http.post(MESSAGES, json=BODY | {"thinking": thinking}).status_code == 200
        assert prompt in prompt_of(service.engine)
        assert ("thinking" in prompt_of(service.engine)) == bool(prompt)


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "enabled", "budget_tokens": 31_999}},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        {"output_config": {"effort": "low"}},
    ],
)
def test_a_model_that_does_not_reason_answers_without_thoughts(hello: Scripted, fields: dict[str, Any]) -> None:
    """Agents ask every model for thoughts."""
    answer = hello.http.post(MESSAGES, json=BODY | fields)
    assert answer.status_code == 200, answer.text
    assert [block["type"] for block in answer.json()["content"]] == ["text"]


@pytest.mark.parametrize("field", ["output_config", "output_format"])
def test_a_format_is_a_grammar(hello: Scripted, field: str) -> None:
    format = {"type": "json_schema", "schema": WEATHER["input_schema"]}
    answer = hello.http.post(MESSAGES, json=BODY | {field: {"format": format} if field == "output_config" else format})
    assert answer.status_code == 200, answer.text
    assert isinstance(hello.engine.requests[-1].params.constraint, Grammar)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"temperature": 1.5}, "temperature"),
        ({"stop_sequences": [""]}, "stop_sequences"),
        ({"stop_sequences": ["x"] * 65}, "stop_sequences: 65"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}, "images"),
        ({"messages": [{"role": "user", "content": [{"type": "document", "source": {}}]}]}, "documents"),
        ({"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]}, "tools that the server runs"),
        ({"messages": [{"role": "user", "content": [{"type": "mine"}]}]}, "blocks of this type"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "without a type"),
        ({"messages": [{"role": "user", "content": [{"type": "thinking", "thinking": "x"}]}]}, "role user"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "x"}]}]},
            "tool_use_id",
        ),
        (
            {
                "messages": [
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]}
                ]
            },
            "have no results",
        ),
        ({"system": [{"type": "image"}]}, "system"),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools.0"),
        ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools.0"),
        ({"tools": [{"name": "f"}]}, "tools.0.input_schema"),
        ({"tools": [{"name": "f", "input_schema": {"type": "string"}}]}, "tools.0.input_schema"),
        ({"tools": [WEATHER, WEATHER]}, "same name"),
        ({"tools": [WEATHER | {"defer_loading": True}], "tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [WEATHER, WEATHER | {"defer_loading": True}]}, "same name"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_addition", "tool": {}}]}]}, "tool"),
        (
            {"messages": [{"role": "system", "content": [CHANGE]}, *BODY["messages"]]},
            "names a tool that is not in tools",
        ),
        ({"tool_choice": {"type": "any"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool", "name": "g"}}, "tool_choice"),
        ({"tools": [WEATHER], "tool_choice": {"type": "tool"}}, "tool_choice.name"),
        ({"thinking": {"type": "enabled"}}, "thinking.budget_tokens"),
        ({"thinking": {"type": "between_tools"}}, "thinking.type"),
        ({"output_config": {"effort": "none"}}, "output_config.effort"),
        ({"output_config": {"task_budget": {"type": "tokens", "total": 5}}}, "output_config.task_budget"),
        ({"output_config": {"format": {"type": "json_schema"}}}, "output_config.format.schema"),
        ({"output_format": {"type": "json_schema", "schema": {"not": {}}}}, "output_format.schema"),
        ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}, "context_management.edits.0.type"),
        ({"speed": "fast"}, "speed"),
        ({"service_tier": "priority"}, "service_tier"),
        ({"container": "c"}, "container"),
        ({"mcp_servers": [{"url": "x"}]}, "mcp_servers"),
        ({"inference_geo": "us"}, "inference_geo"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(hello: Scripted, fields: dict[str, Any], name: str) -> None:
    answer = hello.http.post(MESSAGES, json={key: value for key, value in (BODY | fields).items() if value is not None})
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert (body["type"], body["error"]["type"]) == ("error", "invalid_request_error")
    assert name in body["error"]["message"]
    assert body["request_id"] == answer.headers["request-id"]


def test_errors_have_anthropics_shape_and_statuses(tmp_path: Path) -> None:
    with keyed_service(tmp_path, max_body_bytes=2000) as keyed:
        http, key = keyed.service.http, bearer(keyed.secrets["generate"])
        for status, kind, request in (
            (401, "authentication_error", {"json": BODY}),
            (403, "permission_error", {"json": BODY, "headers": bearer(keyed.secrets["embed"])}),
            (404, "not_found_error", {"json": BODY | {"model": "claude-opus-4-5"}, "headers": key}),
            (413, "request_too_large", {"json": BODY | {"system": "x" * 3000}, "headers": key}),
            (400, "invalid_request_error", {"content": b"{", "headers": key | {"content-type": "application/json"}}),
        ):
            answer = http.post(MESSAGES, **request)
            assert (answer.status_code, answer.json()["type"]) == (status, "error")
            assert answer.json()["error"]["type"] == kind
        assert http.post(MESSAGES, json=BODY, headers={"x-api-key": keyed.secrets["generate"]}).status_code == 200
        assert http.post(MESSAGES, json=BODY, headers=key).status_code == 200
        assert http.delete(MESSAGES, headers=key).json()["type"] == "error"
        hint = http.get("/v1/messages/batches", headers=key).json()
        assert hint["error"]["type"] == "not_found_error"
        assert "use POST /v1/messages" in hint["error"]["message"]
        keyed.service.engine.status = "restarting"
        unavailable = http.post(MESSAGES, json=BODY, headers=key)
        assert (unavailable.status_code, unavailable.json()["error"]["type"]) == (529, "overloaded_error")
        assert unavailable.headers["retry-after"]


def test_an_error_in_a_stream_is_its_last_event() -> None:
    with scripted_service(ScriptedEngine(text="Hello", fails_at=3)) as service:
        answer = service.http.post(MESSAGES, json=BODY | {"stream": True})
        *_, error = named_events(answer)
        assert error["error"]["type"] == "api_error"
        assert error["request_id"] == answer.headers["request-id"]
        assert "secret" not in answer.text


def test_a_silence_is_broken_by_pings() -> None:
    engine = ScriptedEngine(holds_at=0)
    with (
        scripted_service(engine, heartbeat_seconds=0.01) as service,
        service.http.stream("POST", MESSAGES, json=BODY | {"stream": True}) as stream,
    ):
        lines = stream.iter_lines()
        assert [next(lines), next(lines), next(lines)] == ["event: ping", 'data: {"type": "ping"}', ""]
        engine.release()
        assert "event: message_stop" in list(lines)


def test_a_thread_is_refused_so_that_clients_send_the_whole_conversation(hello: Scripted) -> None:
    refused = hello.http.post(MESSAGES, json=BODY | {"thread": {"type": "create"}})
    assert refused.status_code == 400
    details = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}
    assert refused.json()["error"]["details"] == details


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
_KINDS = st.sampled_from(["text", "thinking", "tool_use", "tool_result", "image", "enabled", "tool", "json_schema"])
_NAMES = st.sampled_from(
    sorted(
        {"foo"}.union(
            *(
                model.model_fields
                for model in (MessagesRequest, MessageField, ToolUseBlock, ToolResultBlock, CustomTool, Thinking)
            )
        )
    )
)
_VALUES = st.recursive(
    _SCALARS | _KINDS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner), max_leaves=12
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    path=st.sampled_from([MESSAGES, COUNT]),
    fields=st.dictionaries(_NAMES, _VALUES, max_size=4),
    blocks=st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4) | _VALUES, max_size=3),
)
def test_no_body_causes_a_server_error(hello: Scripted, path: str, fields: dict[str, Any], blocks: list[Any]) -> None:
    turns = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": blocks}]}
    body = json.dumps(BODY | (turns if blocks else {}) | fields).encode()
    response = hello.http.post(path, content=body, headers={"content-type": "application/json"})
    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert response.json()["type"] == "error"
        assert response.json()["error"]["message"]


def test_unknown_fields_are_listed(hello: Scripted) -> None:
    hint = {"type": "ephemeral", "ttl": "1h"}
    tools = [WEATHER | {"cache_control": hint}]
    body = BODY | {"cache_control": hint, "metadata": {"user_id": "me"}, "service_tier": "auto", "tools": tools}
    assert "x-ignored-params" not in hello.http.post(MESSAGES, json=body).headers
    assert hello.http.post(MESSAGES, json=body | {"foo": 1}).headers["x-ignored-params"] == "foo"
