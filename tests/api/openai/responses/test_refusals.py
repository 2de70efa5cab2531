"""What ``/v1/responses`` cannot do is refused by name, and no body causes a server error."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.openai.responses.input.request import ResponsesRequest
from tests.api.scripted import Scripted

IMAGE = {"type": "input_image", "image_url": "https://example.org/a.png"}
FUNCTION = {"type": "function", "name": "f"}


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"input": None}, "input"),
        ({"input": []}, "input"),
        ({"input": 5}, "input"),
        ({"input": [{"role": "user", "content": [IMAGE]}]}, "input.0.content"),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, "input.0.content"),
        ({"input": [{"role": "robot", "content": "x"}]}, "input.0.role"),
        ({"input": [{"type": "computer_call_output", "call_id": "c"}]}, "input.0"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": [IMAGE]}]}, "input.0.output"),
        ({"input": [{"type": "function_call_output", "call_id": "c", "output": "x"}]}, "input"),
        ({"input": [{"type": "reasoning", "summary": [], "encrypted_content": "x"}]}, "input.0.encrypted_content"),
        ({"input": [{"type": "item_reference", "id": "x"}]}, "input.0.id"),
        ({"previous_response_id": "x"}, "previous_response_id"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "mcp", "server_label": "x"}]}, "tools.0.type"),
        ({"tools": [{"type": "custom", "name": "x"}]}, "tools.0.type"),
        ({"tools": [FUNCTION, FUNCTION]}, "tools"),
        ({"tools": [FUNCTION | {"parameters": {"type": "string"}}]}, "tools.0.parameters"),
        ({"tools": [FUNCTION | {"defer_loading": True}]}, "tools.0.defer_loading"),
        ({"tools": [FUNCTION | {"parameters": {"title": "\ud800"}}], "tool_choice": "none"}, "tools.0.parameters"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tool_choice": {"type": "function", "name": "g"}, "tools": [FUNCTION]}, "tool_choice"),
        ({"tool_choice": {"type": "file_search"}}, "tool_choice.type"),
        ({"tool_choice": {"type": "allowed_tools", "mode": "any", "tools": [FUNCTION]}}, "tool_choice.mode"),
        ({"text": {"format": {"type": "json_schema", "name": "x"}}}, "text.format.schema"),
        ({"text": {"format": {"type": "grammar"}}}, "text.format.type"),
        ({"text": {"format": {"type": "json_schema", "schema": {"not": {}}}}}, "text.format.schema"),
        ({"text": {"verbosity": "low"}}, "text.verbosity"),
        ({"reasoning": {"effort": "high"}}, "reasoning.effort"),
        ({"reasoning": {"summary": "detailed"}}, "reasoning.summary"),
        ({"include": ["file_search_call.results"]}, "include.0"),
        ({"top_logprobs": 1}, "top_logprobs"),
        ({"include": ["message.output_text.logprobs"], "top_logprobs": 21}, "top_logprobs"),
        ({"stream_options": {"include_obfuscation": True}, "stream": True}, "stream_options.include_obfuscation"),
        ({"stream_options": {}}, "stream_options"),
        ({"max_output_tokens": 100_000}, "max_output_tokens"),
        ({"input": "x" * 20_000}, "input"),
        ({"metadata": {str(number): "x" for number in range(17)}}, "metadata"),
        ({"metadata": {"x": "x" * 513}}, "metadata"),
        ({"metadata": {"x" * 65: "x"}}, "metadata"),
        ({"metadata": {"x": 1}}, "metadata"),
        ({"metadata": {"x": "\ud800"}}, "metadata"),
        ({"truncation": "auto"}, "truncation"),
        ({"background": True}, "background"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt"),
        ({"service_tier": "flex"}, "service_tier"),
        ({"context_management": [{"type": "compaction"}]}, "context_management"),
        ({"prompt_cache_options": {"mode": "explicit"}}, "prompt_cache_options"),
        ({"moderation": {"model": "x"}}, "moderation"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(hello: Scripted, fields: dict[str, Any], param: str) -> None:
    content = json.dumps({"input": "x"} | fields)
    answer = hello.http.post("/v1/responses", content=content, headers={"content-type": "application/json"})
    assert answer.status_code in {400, 404}
    error = answer.json()["error"]
    assert error["param"] == param
    assert param.rpartition(".")[2] in error["message"] or "tokens" in error["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"truncation": "disabled", "background": False, "service_tier": "auto", "max_tool_calls": 3},
        {"reasoning": {"effort": "none", "summary": "auto"}, "text": {"verbosity": "medium"}},
        {"include": ["reasoning.encrypted_content"], "safety_identifier": "x", "conversation": None},
        {"tools": [FUNCTION], "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [FUNCTION]}},
        {"tools": [FUNCTION], "tool_choice": "none", "parallel_tool_calls": False},
        {"text": {"format": {"type": "json_object"}}},
        {"top_k": 3, "seed": 1, "presence_penalty": 1, "stop": ["z"], "priority": 1},
    ],
)
def test_what_can_be_done_is_taken(hello: Scripted, fields: dict[str, Any]) -> None:
    answer = hello.http.post("/v1/responses", json={"input": "x"} | fields)
    assert answer.status_code == 200, answer.text
    assert "x-ignored-params" not in answer.headers
    for name in fields.keys() & {"tool_choice", "truncation", "max_tool_calls", "safety_identifier"}:
        assert answer.json()[name] == fields[name]


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
_NAMES = st.sampled_from(
    sorted(
        {
            "type",
            "role",
            "content",
            "id",
            "call_id",
            "output",
            "name",
            "summary",
            "format",
            *ResponsesRequest.model_fields,
        }
    )
)
_TYPES = st.sampled_from(
    ["message", "function_call", "function_call_output", "reasoning", "item_reference", "function"]
)
_VALUES = st.recursive(
    _SCALARS | _TYPES | st.sampled_from(["user", "assistant", "auto", "required"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_NAMES, inner),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    path=st.sampled_from(["/v1/responses", "/v1/responses/input_tokens"]),
    fields=st.dictionaries(_NAMES, _VALUES, max_size=4),
)
def test_no_body_causes_a_server_error(hello: Scripted, path: str, fields: dict[str, Any]) -> None:
    body = json.dumps({"input": "x"} | fields).encode()
    answer = hello.http.post(path, content=body, headers={"content-type": "application/json"})
    assert answer.status_code in {200, 400, 404}
    if answer.status_code != 200:
        assert list(answer.json()) == ["error"]
