"""anthropic: messages with all kinds of fields, and the other resources of the client."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import anthropic

from tests.matrix.call import Call
from tests.matrix.over_http import anthropic_shape, calls
from tests.matrix.service import CHAT, Service

_NAME = "anthropic"
_MESSAGES = [{"role": "user", "content": "Name a river."}]
_SCHEMA = {
    "type": "object",
    "properties": {"x": {"enum": ["a", "b"]}},
    "required": ["x"],
    "additionalProperties": False,
}
_TOOL = {"name": "look", "description": "Look.", "input_schema": _SCHEMA}
_USE = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"x": "a"}}
_RESULT = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "found"}
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA=="}}
_DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}
_ONE_CALL = {"type": "any", "disable_parallel_tool_use": True}

_FIELDS: list[tuple[Any, ...]] = [
    ({},),
    ({"stream": True},),
    ({"system": "Be short."},),
    ({"system": [{"type": "text", "text": "Be short.", "cache_control": {"type": "ephemeral"}}]},),
    ({"extra_body": {"temperature": 0.5}},),
    ({"extra_body": {"top_k": 5, "top_p": 0.9}},),
    ({"stop_sequences": ["e"]},),
    ({"metadata": {"user_id": "me"}},),
    ({"tools": [_TOOL]},),
    ({"tools": [_TOOL], "tool_choice": _ONE_CALL, "max_tokens": 60},),
    ({"tools": [_TOOL], "tool_choice": {"type": "tool", "name": "look"}, "max_tokens": 60},),
    ({"tools": [_TOOL], "tool_choice": {"type": "none"}},),
    ({"tools": [_TOOL], "tool_choice": _ONE_CALL, "stream": True, "max_tokens": 60},),
    ({"tools": [_TOOL, _TOOL | {"name": "later", "defer_loading": True}]},),
    ({"thinking": {"type": "disabled"}},),
    ({"thinking": {"type": "adaptive"}},),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}, "max_tokens": 1100, "stop_sequences": ["e"]},),
    ({"output_config": {"effort": "low"}},),
    ({"output_config": {"format": {"type": "json_schema", "schema": _SCHEMA}}, "max_tokens": 60},),
    ({"service_tier": "auto"},),
    ({"messages": [*_MESSAGES, {"role": "assistant", "content": "The"}]},),
    (
        {
            "tools": [_TOOL],
            "messages": [
                *_MESSAGES,
                {"role": "assistant", "content": [_USE]},
                {"role": "user", "content": [_RESULT]},
            ],
        },
    ),
    ({"model": "claude-opus-4-5"}, CHAT),
    ({"messages": [{"role": "user", "content": [_IMAGE]}]}, "images"),
    ({"messages": [{"role": "user", "content": [_DOCUMENT]}]}, "documents"),
    ({"messages": [{"role": "user", "content": "x " * 5000}]}, "prompt is too long"),
    ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
    ({"tools": [{"type": "bash_20250124", "name": "bash"}]}, "tools"),
    ({"extra_body": {"temperature": 2.0}}, "temperature"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"messages": []}, "messages"),
    ({"inference_geo": "us"}, "inference_geo"),
    ({"service_tier": "priority"}, "service_tier"),
]
_ONE: dict[str, Any] = {"model": CHAT, "max_tokens": 5, "messages": _MESSAGES}
_OTHERS: list[tuple[Any, ...]] = [
    ("messages.stream", lambda c: _stream(c)),
    ("messages.count_tokens", lambda c: c.messages.count_tokens(model=CHAT, messages=_MESSAGES)),
    ("models.list", lambda c: [each.display_name for each in c.models.list()]),
    ("models.retrieve", lambda c: c.models.retrieve(CHAT)),
    ("beta.messages.create", lambda c: c.beta.messages.create(**_ONE, betas=["context-management-2025-06-27"])),
    ("models.retrieve unknown", lambda c: c.models.retrieve("claude-opus-4-5"), CHAT),
    (
        "messages.batches.create",
        lambda c: c.messages.batches.create(requests=[{"custom_id": "a", "params": _ONE}]),
        "POST /v1/messages",
    ),
    ("messages.batches.list", lambda c: c.messages.batches.list(), "POST /v1/messages"),
    ("messages.batches.retrieve", lambda c: c.messages.batches.retrieve("b"), "POST /v1/messages"),
    ("messages.batches.cancel", lambda c: c.messages.batches.cancel("b"), "POST /v1/messages"),
    ("beta.files.list", lambda c: c.beta.files.list(), "file"),
    ("beta.files.upload", lambda c: c.beta.files.upload(file=("a.txt", b"x")), "purpose"),
    ("beta.skills.list", lambda c: c.beta.skills.list(), "skill"),
    ("beta.agents.list", lambda c: c.beta.agents.list(), "agent"),
    ("beta.sessions.list", lambda c: c.beta.sessions.list(), "session"),
    ("beta.environments.list", lambda c: c.beta.environments.list(), "environment"),
    ("beta.vaults.list", lambda c: c.beta.vaults.list(), "agent"),
    (
        "mcp_servers",
        lambda c: c.beta.messages.create(**_ONE, mcp_servers=[{"type": "url", "url": "https://x.org", "name": "x"}]),
        "mcp_servers",
    ),
    ("container", lambda c: c.beta.messages.create(**_ONE, container="c"), "container"),
]

# What older clients and other languages' clients have.
_HTTP: list[tuple[Any, ...]] = [
    ("POST /v1/complete", {"prompt": "x"}, "/v1/completions"),
    ("POST /v1/messages", {"model": CHAT, "messages": _MESSAGES}, "max_tokens"),
    ("GET /v1/organizations/me", None, "key"),
]


@contextmanager
def _client(service: Service) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=service.url, api_key="any", max_retries=0) as client:
        yield client


def _stream(client: anthropic.Anthropic) -> None:
    with client.messages.stream(model=CHAT, max_tokens=5, messages=[{"role": "user", "content": "x"}]) as stream:
        assert stream.get_final_message().usage.output_tokens


def _create(fields: dict[str, Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with _client(service) as client:
            answer = client.messages.create(**_ONE | fields)
            assert list(answer), "the answer is empty"

    return run


def _run(function: Callable[[anthropic.Anthropic], Any]) -> Callable[[Service], None]:
    def run(service: Service) -> None:
        with _client(service) as client:
            function(client)

    return run


CALLS = [
    *(
        Call(_NAME, f"messages.create {fields}"[:120], _create(fields), tuple(words), must_work=not words)
        for fields, *words in _FIELDS
    ),
    *(Call(_NAME, name, _run(function), tuple(words), must_work=not words) for name, function, *words in _OTHERS),
    *calls(_NAME, anthropic_shape, _HTTP, headers={"anthropic-version": "2023-06-01"}),
]
