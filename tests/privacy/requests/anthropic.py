"""Requests to Anthropic's API."""

from typing import Any

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import SHORT, PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to Anthropic's routes."""
    text = {"type": "text", "text": word, "cache_control": {"type": word}}
    use = {"type": "tool_use", "id": word, "name": word, "input": {word: word}}
    thoughts = {"type": "thinking", "thinking": word, "signature": word}
    schema = {"type": "object", "properties": {word: {"type": "string"}}}
    ask: dict[str, Any] = {"role": "user", "content": word}
    turns = [
        ask,
        {"role": "assistant", "content": [thoughts, {"type": "redacted_thinking", "data": word}, text, use]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": word, "content": [text]}, text]},
    ]
    good = {"system": [text], "messages": turns, "tools": [{"name": "f", "description": word, "input_schema": schema}]}
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"messages": [{"role": word, "content": word}]},
        {"messages": [{"role": "user", "content": [{"type": word, word: word}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": word, "content": word}]}]},
        {"messages": [ask, {"role": "assistant", "content": [use]}]},
        {"tools": [{"name": word, "type": word}]},
        {"tools": [{"name": "f", "input_schema": {"type": "object", word: word, "not": {word: word}}}]},
        {"tool_choice": {"type": "tool", "name": word}},
        {"thinking": {"type": word}},
        {"output_config": {"format": {"type": "json_schema", "schema": {"type": word}}}},
        {"thread": {"type": word}},
        {"container": word, word: word},
    ]
    return [
        ("/v1/messages", good | SHORT | {"metadata": {"user_id": word}, word: word}),
        ("/v1/messages", good | SHORT | {"stop_sequences": [f"z{word}"], "stream": True}),
        ("/v1/messages", {"messages": [{"role": "user", "content": f"{RAISE} {word}"}], "stream": True} | SHORT),
        ("/v1/messages/count_tokens", good),
        *(("/v1/messages", good | SHORT | fields) for fields in wrong),
        *(("/v1/messages/count_tokens", good | fields) for fields in wrong),
        (f"/v1/messages/{word}", good),
    ]
