"""openai: the fields of chat completions, completions and responses."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import openai

from tests.matrix.call import Call
from tests.matrix.service import CHAT, Service

_NAME = "openai, fields"
_MESSAGES = [{"role": "user", "content": "Name a river."}]
_SCHEMA = {
    "type": "object",
    "properties": {"x": {"enum": ["a", "b"]}},
    "required": ["x"],
    "additionalProperties": False,
}
_TOOL = {"type": "function", "function": {"name": "look", "parameters": _SCHEMA}}
_FUNCTION = {"type": "function", "name": "look", "parameters": _SCHEMA}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"x": "a"}'}}
_IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
_LOGPROBS = {"logprobs": True, "top_logprobs": 3}
_JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "x", "schema": _SCHEMA, "strict": True}}


def _history(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [*_MESSAGES, *messages]}


# The fields of a call, and the words of its refusal; without words it works.
_CHAT: list[tuple[Any, ...]] = [
    ({},),
    ({"stream": True},),
    ({"stream": True, "stream_options": {"include_usage": True}},),
    ({"temperature": 0.7, "top_p": 0.9, "seed": 1},),
    ({"max_tokens": None, "max_completion_tokens": 3},),
    ({"n": 2},),
    ({"stop": ["a", "b"]},),
    ({"stop": "e"},),
    (_LOGPROBS,),
    (_LOGPROBS | {"stream": True},),
    ({"frequency_penalty": 0.5, "presence_penalty": 0.5},),
    ({"logit_bias": {"65": 5}},),
    ({"user": "me", "metadata": {"a": "b"}},),
    ({"safety_identifier": "me", "prompt_cache_key": "k"},),
    ({"response_format": {"type": "text"}},),
    ({"response_format": {"type": "json_object"}},),
    ({"response_format": _JSON_SCHEMA, "max_tokens": 60},),
    ({"tools": [_TOOL]},),
    ({"tools": [_TOOL], "tool_choice": "required", "parallel_tool_calls": False, "max_tokens": 60},),
    ({"tools": [_TOOL], "tool_choice": {"type": "function", "function": {"name": "look"}}, "max_tokens": 60},),
    ({"tools": [_TOOL], "tool_choice": "none"},),
    ({"tools": [_TOOL], "tool_choice": "required", "stream": True, "parallel_tool_calls": False, "max_tokens": 60},),
    ({"reasoning_effort": "low"}, "reasoning_effort", "does not reason"),
    ({"prediction": {"type": "content", "content": "A river."}},),
    ({"service_tier": "auto"},),
    ({"store": False},),
    ({"modalities": ["text"]},),
    (_history({"role": "assistant", "content": None, "tool_calls": [_CALL]}),),
    (
        _history(
            {"role": "assistant", "content": None, "tool_calls": [_CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": "found"},
        ),
    ),
    ({"messages": [{"role": "developer", "content": "Be short."}, *_MESSAGES]},),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]},),
    ({"extra_body": {"guided_choice": ["a", "b"]}},),
    ({"extra_body": {"top_k": 5, "min_p": 0.1, "repetition_penalty": 1.1}},),
    ({"extra_body": {"chat_template_kwargs": {"enable_thinking": False}}},),
    ({"messages": [{"role": "user", "content": [_IMAGE]}]}, "messages"),
    ({"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]}, "audio"),
    ({"store": True}, "store"),
    ({"web_search_options": {}}, "web_search_options"),
    ({"service_tier": "priority"}, "service_tier"),
    ({"verbosity": "low"}, "verbosity"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"temperature": 3}, "temperature"),
    ({"n": 0}, "n"),
    ({"max_tokens": 100_000}, "2048", "100000"),
    ({"messages": []}, "messages"),
    ({"messages": [{"role": "user", "content": "x " * 5000}]}, "2048 tokens"),
    ({"model": "gpt-4o"}, "model", CHAT),
    ({"top_logprobs": 3}, "logprobs"),
    ({"stream_options": {"include_usage": True}}, "stream_options"),
    ({"tools": [{"type": "web_search"}]}, "tools"),
    ({"tools": [_TOOL, _TOOL]}, "tools", "same name"),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": {"not": {}}}}},
        "schema is false",
    ),
]
_COMPLETIONS: list[tuple[Any, ...]] = [
    ({},),
    ({"stream": True},),
    ({"prompt": ["a", "b"]},),
    ({"prompt": [65, 66]},),
    ({"prompt": [[65], [66]]},),
    ({"echo": True, "logprobs": 1, "max_tokens": 0},),
    ({"best_of": 2},),
    ({"n": 2, "stop": ["\n"]},),
    ({"suffix": "end"}, "suffix"),
    ({"logprobs": 50}, "logprobs"),
    ({"best_of": 2, "stream": True}, "best_of"),
    ({"prompt": []}, "prompt"),
]
_RESPONSES: list[tuple[Any, ...]] = [
    ({},),
    ({"stream": True},),
    ({"input": [{"role": "user", "content": "x"}]},),
    ({"instructions": "Be short.", "max_output_tokens": 16},),
    ({"store": False},),
    ({"tools": [_FUNCTION]},),
    ({"tools": [_FUNCTION], "tool_choice": "required", "parallel_tool_calls": False, "max_output_tokens": 60},),
    ({"text": {"format": {"type": "json_schema", "name": "x", "schema": _SCHEMA}}, "max_output_tokens": 60},),
    ({"reasoning": {"effort": "low"}}, "reasoning.effort", "does not reason"),
    ({"metadata": {"a": "b"}},),
    ({"truncation": "disabled"},),
    ({"background": True}, "background"),
    ({"tools": [{"type": "web_search"}]}, "tools"),
    ({"tools": [{"type": "file_search", "vector_store_ids": ["v"]}]}, "tools"),
    ({"conversation": "conv_1"}, "conversation"),
    ({"previous_response_id": "resp_none"}, "previous_response_id"),
    ({"prompt": {"id": "pmpt_1"}}, "prompt"),
    ({"truncation": "auto"}, "truncation"),
    ({"include": ["file_search_call.results"]}, "include"),
    ({"input": [{"role": "user", "content": [{"type": "input_image", "image_url": "data:"}]}]}, "input"),
]


@contextmanager
def openai_client(service: Service) -> Iterator[openai.OpenAI]:
    """The official client of the service, which tries everything once."""
    with openai.OpenAI(base_url=f"{service.url}/v1", api_key="any", max_retries=0) as client:
        yield client


def _create(kind: str, defaults: dict[str, Any], fields: dict[str, Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with openai_client(service) as client:
            resource: Any = client
            for part in kind.split("."):
                resource = getattr(resource, part)
            answer = resource.create(**{"model": CHAT} | defaults | fields)
            if fields.get("stream"):
                assert list(answer), "the stream has no events"

    return run


def _calls(kind: str, defaults: dict[str, Any], rows: list[tuple[Any, ...]]) -> list[Call]:
    return [
        Call(_NAME, f"{kind} {fields}"[:120], _create(kind, defaults, fields), names, must_work=not names)
        for fields, *words in rows
        for names in [tuple(words)]
    ]


CALLS = [
    *_calls("chat.completions", {"messages": _MESSAGES, "max_tokens": 5}, _CHAT),
    *_calls("completions", {"prompt": "A river", "max_tokens": 5}, _COMPLETIONS),
    *_calls("responses", {"input": "Name a river.", "max_output_tokens": 16}, _RESPONSES),
]
