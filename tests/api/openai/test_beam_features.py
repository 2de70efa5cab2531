"""Beam searches with each other feature of a request, on a real service: they go together or are refused by name."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.raw_http import events
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server

SEARCH = {"use_beam_search": True, "n": 3, "best_of": 4}
TEXT = {"prompt": "A river", "max_tokens": 8} | SEARCH
CHAT = {"messages": [{"role": "user", "content": "Name a river."}], "max_tokens": 80} | SEARCH
SCHEMA = {
    "type": "object",
    "properties": {"x": {"enum": ["a", "b", "c"]}},
    "required": ["x"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    model = served_model(tmp_path_factory.mktemp("tiny"), max_position_embeddings=512)
    with running_server(model, "--threads", "1", "--kv-cache-memory", "8MiB", "--log-level", "warning") as server:
        yield server


def choices(service: Server, path: str, **body: Any) -> list[dict[str, Any]]:
    answer = service.http.post(f"/v1/{path}", json=body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["choices"]
    return found


def ranked(found: list[dict[str, Any]]) -> list[float]:
    """The scores of the choices, which are the best first."""
    scores = [choice["score"] for choice in found]
    assert scores == sorted(scores, reverse=True)
    return scores


@pytest.mark.parametrize(
    "fields",
    [
        {"stop_token_ids": [70, 71]},
        {"min_tokens": 4},
        {"ignore_eos": True},
        {"logit_bias": {"70": 3.0}},
        {"presence_penalty": 0.5, "frequency_penalty": 0.5, "repetition_penalty": 1.2},
        {"no_repeat_ngram_size": 2},
        {"allowed_token_ids": [65, 66, 67]},
        {"bad_words": ["a", "e"]},
        {"seed": 5, "priority": 1, "cache_salt": "x"},
        {"truncate_prompt_tokens": 3},
        {"return_token_ids": True},
        {"echo": True},
        {"skip_special_tokens": False},
        {"prompt": ["A river", "A hill"]},
    ],
    ids=str,
)
def test_a_field_of_completions_with_beams(service: Server, fields: dict[str, Any]) -> None:
    body = TEXT | fields
    found = choices(service, "completions", **body)
    count = 2 if isinstance(body["prompt"], list) else 1
    assert [choice["index"] for choice in found] == list(range(3 * count))
    for number in range(count):
        ranked(found[3 * number : 3 * number + 3])
    texts = dict.fromkeys(range(3 * count), "")
    for chunk in events(service.http.post("/v1/completions", json=body | {"stream": True})):
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice["text"]
    assert [*texts.values()] == [choice["text"] for choice in found]


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"structured_outputs": {"choice": ["red", "rose", "green"]}}, "red|rose|green"),
        ({"structured_outputs": {"regex": "[a-e]{3}[0-9]"}}, "[a-e]{3}[0-9]"),
        ({"structured_outputs": {"regex": "[a-e]{3}[0-9]"}, "ignore_eos": True}, "[a-e]{3}[0-9]"),
        ({"guided_grammar": 'root ::= ("a" | "b")+ "c"', "max_tokens": 40}, "[ab]+c|[ab]{40}"),
    ],
    ids=str,
)
def test_all_choices_have_the_structure(service: Server, fields: dict[str, Any], pattern: str) -> None:
    found = choices(service, "completions", **TEXT | fields)
    texts = [choice["text"] for choice in found]
    for text in texts:
        assert re.fullmatch(pattern, text), texts
    ranked(found)


def test_all_choices_of_a_chat_have_the_structure(service: Server) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    found = choices(service, "chat/completions", **CHAT, response_format=schema)
    assert {json.loads(choice["message"]["content"])["x"] for choice in found} == {"a", "b", "c"}
    ranked(found)


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_in_all_choices(service: Server, stream: bool) -> None:
    body = CHAT | {"tools": [TOOL], "tool_choice": "required", "parallel_tool_calls": False, "stream": stream}
    arguments = dict.fromkeys(range(3), "")
    if stream:
        for chunk in events(service.http.post("/v1/chat/completions", json=body)):
            for choice in chunk["choices"]:
                for call in choice["delta"].get("tool_calls") or ():
                    arguments[choice["index"]] += call["function"].get("arguments") or ""
    else:
        found = choices(service, "chat/completions", **body)
        assert {choice["finish_reason"] for choice in found} == {"tool_calls"}
        for choice in found:
            [call] = choice["message"]["tool_calls"]
            arguments[choice["index"]] = call["function"]["arguments"]
    assert {json.loads(each)["x"] for each in arguments.values()} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("path", "fields", "param"),
    [
        ("completions", {"logprobs": 1}, "use_beam_search"),
        ("chat/completions", {"logprobs": True}, "use_beam_search"),
        ("completions", {"temperature": 0.5}, "temperature"),
        ("completions", {"top_p": 0.5}, "top_p"),
        ("completions", {"min_p": 0.5}, "min_p"),
        ("completions", {"top_k": 5}, "top_k"),
        ("completions", {"n": 5}, "n"),
        ("completions", {"best_of": 1, "n": 1}, "use_beam_search"),
        ("completions", {"best_of": 2, "n": 3}, "n"),
        ("completions", {"best_of": 1000}, None),
    ],
    ids=str,
)
def test_what_a_search_excludes_is_named(service: Server, path: str, fields: dict[str, Any], param: str | None) -> None:
    body = (TEXT if path == "completions" else CHAT) | fields
    answer = service.http.post(f"/v1/{path}", json=body)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert param in (None, error["param"])
    assert len(error["message"]) > 15
