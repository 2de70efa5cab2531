"""Requests as command-line agents send them when their base URL is set."""

import re
from typing import Any

import pytest

from service.engine.protocol.grammar import Grammar
from tests.api.compat.anthropic import CALL, WEATHER, named_events, prompt_of, reasoning_engine
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

HEADERS = {
    "anthropic-version": "2023-06-01",
    "anthropic-beta": "claude-code-20250219,interleaved-thinking-2025-05-14,context-management-2025-06-27",
    "anthropic-dangerous-direct-browser-access": "true",
    "authorization": "Bearer local",
    "user-agent": "claude-cli/2.1.177 (external, cli)",
    "x-app": "cli",
    "x-stainless-retry-count": "0",
}
HINT = {"cache_control": {"type": "ephemeral"}}
_STRING = {"type": "string", "description": "A text."}


def schema(properties: dict[str, Any]) -> dict[str, Any]:
    """A schema as zod writes it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "required": list(properties)[:1],
        "additionalProperties": False,
    }


TOOLS: list[dict[str, Any]] = [
    {
        "name": "Bash",
        "description": "Run a command. " * 50,
        "input_schema": schema(
            {
                "command": _STRING,
                "timeout": {"type": "number", "exclusiveMinimum": 0, "maximum": 600_000},
                "run_in_background": {"type": "boolean", "default": False},
            }
        ),
    },
    {
        "name": "Edit",
        "description": "Replace a text in a file.",
        "input_schema": schema(
            {"file_path": _STRING, "old_string": _STRING, "new_string": _STRING, "replace_all": {"type": "boolean"}}
        ),
    },
    {
        "name": "AskUserQuestion",
        "description": "Ask the user.",
        "input_schema": schema(
            {
                "questions": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 4,
                    "items": schema(
                        {"question": _STRING, "options": {"type": "array", "items": schema({"label": _STRING})}}
                    ),
                },
                "answers": {
                    "type": "object",
                    "propertyNames": {"type": "string"},
                    "additionalProperties": {"type": "string"},
                },
            }
        ),
    },
    {
        "name": "TodoWrite",
        "description": "Keep a list.",
        "input_schema": schema(
            {
                "todos": {
                    "type": "array",
                    "items": schema(
                        {"content": {"type": "string", "minLength": 1}, "status": {"enum": ["pending", "completed"]}}
                    ),
                }
            }
        ),
    },
    {"name": "WebFetch", "description": "Read.", "input_schema": schema({"url": {"type": "string", "format": "uri"}})},
    *(
        {"name": f"mcp__server__tool_{i}", "description": "A tool.", "input_schema": schema({"x": _STRING, "y": {}})}
        for i in range(40)
    ),
    {"name": "Placeholder", "description": "Never.", "input_schema": {"type": "object"}, "defer_loading": True},
    WEATHER | {"strict": False, "eager_input_streaming": True} | HINT,
]
BODY: dict[str, Any] = {
    "model": "org/tiny",
    "max_tokens": 32_000,
    "stream": True,
    "metadata": {"user_id": "user_1f_account__session_2e"},
    "thinking": {"type": "adaptive"},
    "output_config": {"effort": "medium"},
    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
    "system": [
        {"type": "text", "text": "x-anthropic-billing-header: cc_version=2.1.177; cch=0;"},
        {"type": "text", "text": "You are an agent.", **HINT},
        {"type": "text", "text": "The directory is /home.", **HINT},
    ],
    "tools": TOOLS,
    "messages": [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "<system-reminder>\nBe careful.\n</system-reminder>"},
                {"type": "text", "text": "What is the weather in Oslo?", **HINT},
            ],
        }
    ],
}


@pytest.mark.parametrize("engine", [ScriptedEngine, reasoning_engine])
def test_an_agents_loop(engine: Any) -> None:
    with scripted_service(engine(text=CALL, max_model_len=100_000, num_blocks=10_000)) as service:
        http = service.http
        assert http.head("/").status_code == 200
        counted = {name: BODY[name] for name in ("model", "system", "tools", "messages", "thinking", "output_config")}
        count = http.post("/v1/messages/count_tokens?beta=true", json=counted, headers=HEADERS)
        answer = http.post("/v1/messages?beta=true", json=BODY, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        assert "x-ignored-params" not in answer.headers
        start, *blocks, delta, _ = named_events(answer)
        usage = start["message"]["usage"]
        assert usage["input_tokens"] + usage["cache_read_input_tokens"] == count.json()["input_tokens"]
        assert delta["delta"]["stop_reason"] == "tool_use"
        first = prompt_of(service.engine)
        call = next(each["content_block"] for each in blocks if each["type"] == "content_block_start")
        turns = [
            *BODY["messages"],
            {"role": "assistant", "content": [call | {"input": {"city": "Oslo"}} | HINT]},
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": call["id"], "content": "Rain.", **HINT}],
            },
        ]
        again = BODY | {"messages": turns, "system": [{"type": "text", "text": "x-anthropic-billing-header: cch=1;"}]}
        again["system"] += BODY["system"][1:]
        answer = http.post("/v1/messages?beta=true", json=again, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        # The prefix cache serves the whole conversation.
        assert prompt_of(service.engine).startswith(first.removesuffix("assistant: ").removesuffix("thinking True\n"))


def test_the_check_of_a_model(hello: Any) -> None:
    """Agents ask a model for one token before they begin."""
    body = {"model": "org/tiny", "max_tokens": 1, "messages": [{"role": "user", "content": "quota"}]}
    answer = hello.http.post("/v1/messages?beta=true", json=body, headers=HEADERS)
    assert (answer.status_code, answer.json()["stop_reason"]) == (200, "max_tokens")
    unknown = hello.http.post("/v1/messages?beta=true", json=body | {"model": "claude-haiku-4-5"}, headers=HEADERS)
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "not_found_error")
    assert "org/tiny" in unknown.json()["error"]["message"]


def _search_result(*names: str) -> list[dict[str, Any]]:
    """The turns of a search for tools that found these."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "ToolSearch", "input": {"query": "select:Cron"}}
    found = [{"type": "tool_reference", "tool_name": name} for name in names]
    return [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": found}]},
    ]


def _change(kind: str, *names: str) -> dict[str, Any]:
    """A system turn with nothing but changes of tools."""
    tools = [{"type": kind, "tool": {"type": "tool_reference", "name": name}} for name in names]
    return {"role": "system", "content": tools}


@pytest.mark.parametrize(
    ("turns", "known"),
    [
        ([], ["Search"]),
        (_search_result("Cron"), ["Search", "Cron"]),
        (_search_result("Cron", "Monitor"), ["Search", "Cron", "Monitor"]),
        (_search_result("Cron", "Cron"), ["Search", "Cron"]),
        ([_change("tool_addition", "Monitor"), *_search_result("Cron")], ["Search", "Monitor", "Cron"]),
        ([*_search_result("Cron"), _change("tool_removal", "Cron", "Search")], []),
        ([_change("tool_removal", "Search"), _change("tool_addition", "Search")], ["Search"]),
    ],
)
def test_the_model_knows_a_deferred_tool_once_it_is_named(turns: list[dict[str, Any]], known: list[str]) -> None:
    tools = [
        {"name": "Monitor", "input_schema": schema({"until": _STRING}), "defer_loading": True},
        {"name": "Cron", "input_schema": schema({"when": _STRING}), "defer_loading": True},
        {"name": "Search", "input_schema": schema({"query": _STRING}), "defer_loading": False},
    ]
    with scripted_service(ScriptedEngine(text="Hello", max_model_len=10_000, num_blocks=1_000)) as service:
        body = BODY | {"tools": tools, "stream": False, "messages": [*BODY["messages"], *turns]}
        answer = service.http.post("/v1/messages?beta=true", json=body, headers=HEADERS)
        assert answer.status_code == 200, answer.text
        prompt, [request] = prompt_of(service.engine), service.engine.requests
        shown = re.findall(r'"name": "(\w+)", "parameters"', prompt)
        assert shown == known
        grammar = request.params.constraint
        if not known:
            assert grammar is None
            return
        assert isinstance(grammar, Grammar)
        assert {name for name in ("Search", "Monitor", "Cron") if name in grammar.source} == set(known)
