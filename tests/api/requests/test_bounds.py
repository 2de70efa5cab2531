"""Every field of a request has a bound in the OpenAPI document, and nothing in a request is executed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.api.scripted import Scripted

Schema = dict[str, Any]

# A payload of Hugging Face's tasks has one of several models: the route chooses the model, and validates with it.
FREE = {"post / body", "post /models/{id} body", "post /pipeline/{task} body", "post /models/{id}/pipeline/{task} body"}
# A JSON schema has any keys. Its text is bounded where it becomes a grammar.
_SCHEMAS = (
    "guided_json",
    "structured_outputs.json",
    "response_format.schema",
    "response_format.value",
    "response_format.json_schema.schema",
)
FREE |= {f"post {path} body.tools[].function.parameters" for path in ("/v1/chat/completions", "/api/chat")}
FREE |= {
    f"post {path} body.{field}"
    for path in ("/v1/chat/completions", "/v1/completions", "/v1/generate")
    for field in _SCHEMAS
}
FREE |= {f"post /{name} body.parameters.grammar.value" for name in ("generate", "generate_stream")}
FREE |= {f"post /{name} body.json_schema" for name in ("completion", "infill")}
FREE |= {f"post /api/{name} body.format" for name in ("chat", "generate")}
FREE |= {
    f"post {path} body.{field}"
    for path in ("/v1/responses", "/v1/responses/input_tokens")
    for field in ("tools[].parameters", "text.format.schema")
}


def unbounded(schema: Schema, place: str, components: Schema, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The places where a number, a text, a list or an object with free keys has no limit."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in seen:
            yield from unbounded(components[name], place, components, seen | {name})
        return
    for part in (each for name in ("anyOf", "oneOf", "allOf") for each in schema.get(name, ())):
        yield from unbounded(part, place, components, seen)
    number = [{"minimum", "exclusiveMinimum"}, {"maximum", "exclusiveMaximum"}]
    needed = {"integer": number, "number": number, "string": [{"maxLength"}], "array": [{"maxItems"}]}
    is_choice = not schema.keys().isdisjoint({"enum", "const"})
    if not is_choice and any(schema.keys().isdisjoint(bounds) for bounds in needed.get(schema.get("type", ""), ())):
        yield place
    others = schema.get("additionalProperties", True)
    if schema.get("type") == "object" and "properties" not in schema and "maxProperties" not in schema:
        yield place
    if isinstance(others, dict):
        yield from unbounded(others, f"{place}.*", components, seen)
    if "items" in schema:
        yield from unbounded(schema["items"], f"{place}[]", components, seen)
    for name, field in schema.get("properties", {}).items():
        yield from unbounded(field, f"{place}.{name}", components, seen)
    if not schema.keys() & {"type", "anyOf", "oneOf", "allOf", "enum", "const"}:
        yield place  # anything at all


def test_every_field_is_bounded(hello: Scripted) -> None:
    document = hello.http.get("/openapi.json").json()
    components = document["components"]["schemas"]
    found: set[str] = set()
    looked = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            parts = [(each["name"], each["schema"]) for each in operation.get("parameters", ())]
            bodies = operation.get("requestBody", {}).get("content", {}).values()
            for name, schema in [*parts, *(("body", body["schema"]) for body in bodies)]:
                looked += 1
                found |= set(unbounded(schema, f"{method} {path} {name}", components))
    assert looked > 15
    assert found == FREE


def test_an_unbounded_field_would_be_found() -> None:
    for schema in (
        {"type": "integer", "minimum": 0},
        {"type": "string"},
        {"type": "array", "items": {"enum": [1]}},
        {},
    ):
        assert list(unbounded({"type": "object", "properties": {"a": schema}}, "x", {})) == ["x.a"]


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("/v1/completions", "prompt", ["x"] * 4097),
        ("/v1/completions", "prompt", [1 << 24]),
        ("/v1/completions", "prompt", [[1], [True]]),
        ("/v1/completions", "best_of", 10**6),
        ("/v1/chat/completions", "messages", [{"role": "user", "content": [{"type": "text", "text": ""}] * 4097}]),
        ("/v1/chat/completions", "logit_bias", {str(i): 1 for i in range(65_537)}),
        ("/v1/translate", "alternatives", 10**6),
        ("/v1/translate", "glossary", [{}] * 65_537),
        ("/v1/answer", "documents", [{"id": "x", "text": "x"}] * 4097),
        ("/v1/answer", "history", [{"question": "x", "answer": "x"}] * 33),
        ("/v1/answer", "history", [{"question": "x", "answer": "x" * 8001}]),
        ("/translate", "q", ["x"] * 4097),
        ("/detokenize", "tokens", ["x"] * 100_000),
    ],
)
def test_a_value_above_a_bound_is_refused_with_its_field(hello: Scripted, path: str, field: str, value: Any) -> None:
    start: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]} if "chat" in path else {}
    start |= {"target_lang": "fr", "text": "x"} if path == "/v1/translate" else {}
    start |= {"source": "en", "target": "fr"} if path == "/translate" else {}
    start |= {"question": "x"} if path == "/v1/answer" else {}
    start |= {"prompt": "x"} if path == "/v1/completions" else {}
    answer = hello.http.post(path, json=start | {field: value})
    assert answer.status_code == 400
    assert field in answer.text
    assert len(answer.text) < 1000


def test_too_many_unknown_fields_are_refused(hello: Scripted) -> None:
    answer = hello.http.post("/v1/generate", json={"prompt": "x"} | {f"f{i}": 1 for i in range(1001)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unknown_field")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chat_template", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"),
        ("chat_template_kwargs", {"x": "{{ 9**9**9 }}"}),
        ("regex", "(a+)+$"),
        ("grammar", 'root ::= root "a"'),
        ("json_schema", {"pattern": "(a+)+$"}),
        ("logits_processors", ["os.system"]),
    ],
)
def test_templates_patterns_and_grammars_are_refused(hello: Scripted, field: str, value: Any) -> None:
    body = {"messages": [{"role": "user", "content": "a" * 50}], field: value}
    answer = hello.http.post("/v1/chat/completions", json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, field)


def test_patterns_and_templates_in_texts_are_plain_text(hello: Scripted) -> None:
    code = "{{ 7 * 7 }}(a+)+$%(x)s"
    body = {"messages": [{"role": "user", "content": code}], "stop": ["(a+)+$", ".*"]}
    tokens = hello.http.post("/tokenize", json={"messages": body["messages"]}).json()["tokens"]
    assert code in hello.http.post("/detokenize", json={"tokens": tokens}).json()["content"]
    assert hello.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"] == "Hello"
