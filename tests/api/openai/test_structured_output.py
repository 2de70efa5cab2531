"""Structured output of a real service: every API's field, answers and streams, alone and in a crowd."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import jsonschema
import pytest
from openai import OpenAI
from pydantic import BaseModel, Field

from tests.api.raw_http import events
from tests.running_server import Server

MESSAGES: list[Any] = [{"role": "user", "content": "Describe the harbour."}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string", "maxLength": 9}, "size": {"enum": ["small", "large"]}},
    "required": ["name", "size"],
    "additionalProperties": False,
}


class Place(BaseModel):
    """What the official client asks for."""

    name: str = Field(max_length=9)
    kind: Literal["harbour", "lighthouse"]
    is_open: bool


def text(keyed_server: Server, **fields: Any) -> str:
    body = {"messages": MESSAGES, "max_tokens": 200, "seed": 1} | fields
    choice = keyed_server.http.post("/v1/chat/completions", json=body).raise_for_status().json()["choices"][0]
    assert choice["finish_reason"] == "stop"
    content: str = choice["message"]["content"]
    return content


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA, "strict": False}}},
        {"response_format": {"type": "json_object", "value": SCHEMA}},
        {"response_format": {"type": "json_object", "schema": SCHEMA}},
        {"response_format": {"type": "json", "value": SCHEMA}},
        {"structured_outputs": {"json": SCHEMA}},
        {"guided_json": SCHEMA},
    ],
    ids=lambda fields: json.dumps(fields)[:60],
)
def test_every_field_for_a_schema_means_the_same(keyed_server: Server, fields: dict[str, Any]) -> None:
    content = text(keyed_server, **fields)
    jsonschema.validate(json.loads(content), SCHEMA)
    assert content == text(keyed_server, guided_json=SCHEMA)


@pytest.mark.parametrize(
    ("fields", "pattern"),
    [
        ({"guided_regex": "[ab]{3}-[0-9]{2}"}, "[ab]{3}-[0-9]{2}"),
        ({"structured_outputs": {"regex": "[ab]{3}"}}, "[ab]{3}"),
        ({"response_format": {"type": "regex", "value": "[ab]{3}"}}, "[ab]{3}"),
        ({"guided_choice": ["yes", 'n"o', "枫叶🙂"]}, 'yes|n"o|枫叶🙂'),
        ({"structured_outputs": {"choice": ["yes"]}}, "yes"),
        ({"guided_grammar": 'root ::= "a" ("b" | "c")'}, "ab|ac"),
        ({"structured_outputs": {"grammar": 'start: "x" /[0-9]/'}}, "x[0-9]"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_patterns_choices_and_grammars(keyed_server: Server, fields: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, text(keyed_server, **fields))


def test_json_object(keyed_server: Server) -> None:
    body = {"messages": MESSAGES, "max_tokens": 40, "response_format": {"type": "json_object"}}
    content = keyed_server.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"]
    assert content.startswith("{")


@pytest.mark.parametrize("path", ["/v1/completions", "/v1/generate"])
def test_other_routes(keyed_server: Server, path: str) -> None:
    answer = keyed_server.http.post(path, json={"prompt": "x", "guided_choice": ["ja", "nein"], "max_tokens": 9}).json()
    assert (answer.get("text") or answer["choices"][0]["text"]) in ("ja", "nein")


def test_the_official_client_parses(keyed_server: Server, secrets: dict[str, str]) -> None:
    with OpenAI(base_url=f"{keyed_server.url}/v1", api_key=secrets["client"], max_retries=0) as client:
        answer = client.chat.completions.parse(model=keyed_server.model, messages=MESSAGES, response_format=Place, n=3)
        places = [choice.message.parsed for choice in answer.choices]
        assert all(isinstance(place, Place) for place in places)
        with client.chat.completions.stream(
            model=keyed_server.model, messages=MESSAGES, response_format=Place, seed=4
        ) as stream:
            final = stream.get_final_completion()
        assert isinstance(final.choices[0].message.parsed, Place)


def test_streams_logprobs_and_stop_strings(keyed_server: Server) -> None:
    fields = {"guided_json": SCHEMA, "seed": 1, "max_tokens": 200}
    body = {"messages": MESSAGES, "stream": True, "logprobs": True} | fields
    chunks = events(keyed_server.http.post("/v1/chat/completions", json=body))
    streamed = "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks)
    assert streamed == text(keyed_server, guided_json=SCHEMA)
    logprobs = [part for chunk in chunks if (parts := chunk["choices"][0]["logprobs"]) for part in parts["content"]]
    assert bytes(byte for part in logprobs for byte in part["bytes"]).decode() == streamed
    assert any(part["logprob"] == 0 for part in logprobs)
    assert text(keyed_server, guided_choice=["one and two"], stop=" and") == "one"


def test_a_crowd_of_structured_and_free_requests(keyed_server: Server) -> None:
    def one(seed: int) -> str:
        return (
            text(keyed_server, guided_json=SCHEMA, seed=seed)
            if seed % 2
            else text(keyed_server, guided_regex="[a-z]{5}", seed=seed)
        )

    alone = [one(seed) for seed in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(8))) == alone


@pytest.mark.parametrize(
    "fields",
    [
        {"guided_regex": "(a|aa|aaa|aaaa)*(b|bb|bbb)*" * 400},
        {"guided_regex": "a{1,100000000}"},
        {"guided_regex": "([a-z]{1,200}[0-9]{1,200}){1,200}"},
        {"guided_regex": "(.*a.{12}){2}"},
        {"guided_json": {"anyOf": [{"type": "string", "pattern": f"^.*{n}.*$"} for n in range(200)]}},
        {"guided_grammar": 'root ::= "a" root'},
        {"guided_grammar": "root ::= a\na ::= b\nb ::= a"},
        {"guided_grammar": "start: A\nA: " + "\nA: ".join(["B " * 50, "B " * 50]) + "\nB: " + "C " * 900 + '\nC: "c"'},
        {"guided_grammar": 'start: start start start | start start | "a"'},
        {"guided_grammar": "start: x\nx: x x | " + " | ".join(f'"{n}" x' for n in range(300)) + ' | "a"'},
    ],
    ids=lambda fields: json.dumps(fields)[:40],
)
def test_exploding_grammars_disturb_nobody(keyed_server: Server, fields: dict[str, Any]) -> None:
    body = {"messages": MESSAGES, "max_tokens": 30, "temperature": 1.5} | fields
    with ThreadPoolExecutor(2) as pool:
        exploding = pool.submit(keyed_server.http.post, "/v1/chat/completions", json=body)
        assert text(keyed_server, guided_choice=["calm"]) == "calm"
    answer = exploding.result()
    if answer.status_code != 200:  # a limit is reached when the grammar is checked, or later, by the text
        assert answer.status_code == 400
        error = answer.json()["error"]
        assert error["param"] == next(iter(fields)) or "reached one of the limits" in error["message"]
