"""Requests to OpenAI's Responses API."""

from typing import Any

import httpx

from tests.privacy.echo_worker import RAISE
from tests.privacy.requests.bodies import JSON, PathAndBody


def bodies(word: str) -> list[PathAndBody]:
    """Requests to OpenAI's Responses API."""
    message = {"role": "user", "content": [{"type": "input_text", "text": word}], "id": word}
    called = {"type": "function_call", "call_id": word, "name": word, "arguments": word}
    result = {"type": "function_call_output", "call_id": word, "output": word}
    thoughts = {"type": "reasoning", "summary": [{"type": "summary_text", "text": word}]}
    tool = {"type": "function", "name": word, "description": word, "parameters": {"title": word, "type": "object"}}
    good = {
        "input": [message, thoughts, called, result],
        "instructions": word,
        "max_output_tokens": 40,
        "tools": [tool],
    }
    wrong: list[dict[str, Any]] = [
        {"model": word},
        {"input": [{"type": word, word: word}]},
        {"input": [{"role": word, "content": word}]},
        {"input": [{"role": "user", "content": [{"type": word, "image_url": word}]}]},
        {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": word}]}]},
        {"input": [{"id": word}]},
        {"input": [result]},
        {"input": [{"type": "reasoning", "summary": [], "encrypted_content": word}]},
        {"previous_response_id": word},
        {"tools": [{"type": word}]},
        {"tools": [tool | {"parameters": {"type": "object", word: word, "not": {word: word}}}]},
        {"tool_choice": word},
        {"tool_choice": {"type": "function", "name": word}},
        {"text": {"format": {"type": "json_schema", "name": word, "schema": {"type": word}}}},
        {"text": {"format": {"type": word}, "verbosity": word}},
        {"reasoning": {"effort": word}},
        {"include": [word]},
        {"metadata": {word: 1}},
        *({name: word} for name in ("conversation", "prompt", "background", "truncation", "service_tier", "store")),
    ]
    return [
        ("/v1/responses", good | {"metadata": {word: word}, "user": word, "prompt_cache_key": word, word: word}),
        ("/v1/responses", good | {"stream": True}),
        ("/v1/responses", {"input": f"{RAISE} {word}", "stream": True, "max_output_tokens": 40}),
        ("/v1/responses", {"input": f"{RAISE} {word}", "max_output_tokens": 40}),
        ("/v1/responses/input_tokens", good),
        *(("/v1/responses", good | fields) for fields in wrong),
        *(("/v1/responses/input_tokens", good | fields) for fields in wrong),
        (f"/v1/responses/{word}/cancel", {}),
    ]


def calls_of_stored(url: str, answers: list[httpx.Response], word: str) -> list[httpx.Request]:
    """Requests about the first stored response among the answers."""
    stored = next(answer for answer in answers if answer.request.url.path == "/v1/responses" and answer.is_success)
    path = f"{url}/v1/responses/{stored.json()['id']}"
    return [
        httpx.Request("GET", path),
        httpx.Request("GET", f"{path}/input_items"),
        httpx.Request("GET", f"{path}/input_items?after={word}"),
        httpx.Request("GET", f"{path}/input_items?order={word}&limit={word}"),
        httpx.Request("POST", f"{path}/cancel", headers=JSON, content=f'"{word}"'.encode()),
        httpx.Request("DELETE", path),
    ]
