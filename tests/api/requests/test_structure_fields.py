"""Structured output: the fields of several APIs mean the same, and what cannot be obeyed is refused by name."""

from typing import Any

import pytest

from tests.api.scripted import Scripted

MESSAGES = [{"role": "user", "content": "Hello"}]


@pytest.mark.parametrize(
    ("fields", "param", "part"),
    [
        ({"response_format": {"type": "json_schema"}}, "response_format", "needs a schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}}, "response_format", "a schema"),
        ({"response_format": {"type": "json_object", "value": "[0-9]"}}, "response_format", "should be an object"),
        ({"response_format": {"type": "regex"}}, "response_format", "needs a value"),
        ({"response_format": {"type": "yaml"}}, "response_format.type", "Input should be"),
        ({"response_format": {"type": "json", "schema": {"not": {"pattern": "a"}}}}, "response_format", "not"),
        ({"guided_json": {"unevaluatedProperties": False, "anyOf": [True]}}, "guided_json", "unevaluatedProperties"),
        ({"guided_json": {"type": "nothing"}}, "guided_json", "Invalid type: …"),
        ({"guided_json": {"x-guidance": {"lenient": True}}}, "guided_json", "x-guidance"),
        ({"guided_json": {"enum": ["x" * 70_000]}}, "guided_json", "limit of 65,536"),
        ({"guided_regex": "(?=a)b"}, "guided_regex", "regex"),
        ({"guided_grammar": "start: missing"}, "guided_grammar", "missing"),
        ({"guided_grammar": "root ::= ("}, "guided_grammar", ") is expected"),
        ({"guided_grammar": "start: <|im_end|>"}, "guided_grammar", "cannot name tokens"),
        ({"guided_grammar": "start: <[5]>"}, "guided_grammar", "cannot name tokens"),
        ({"guided_choice": []}, "guided_choice", "at least 1 item"),
        ({"structured_outputs": {"regex": "("}}, "structured_outputs.regex", "regex"),
        ({"guided_regex": "a", "guided_choice": ["a"]}, "guided_choice", "exclude each other"),
        ({"response_format": {"type": "json_object"}, "guided_regex": "a"}, "guided_regex", "exclude each other"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_obeyed_is_refused(
    hello: Scripted, fields: dict[str, Any], param: str, part: str, stream: bool
) -> None:
    answer = hello.http.post("/v1/chat/completions", json={"messages": MESSAGES, "stream": stream} | fields)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["param"] == param
    assert part in error["message"]
    assert len(answer.text) < 1000


@pytest.mark.parametrize("depth", [200, 900, 100_000])
def test_a_deep_schema_is_refused(hello: Scripted, depth: int) -> None:
    schema = '{"items": ' * depth + "{}" + "}" * depth
    body = f'{{"messages": [{{"role": "user", "content": "x"}}], "guided_json": {schema}}}'
    answer = hello.http.post("/v1/chat/completions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "fields",
    [{"response_format": {"type": "text"}}, {"response_format": None, "guided_json": None, "structured_outputs": {}}],
)
def test_text_is_no_structure(hello: Scripted, fields: dict[str, Any]) -> None:
    answer = hello.http.post("/v1/chat/completions", json={"messages": MESSAGES} | fields)
    assert answer.json()["choices"][0]["message"]["content"] == "Hello"
    assert "x-ignored-params" not in answer.headers
