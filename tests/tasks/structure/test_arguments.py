"""What of a tool's schema a call obeys: all of it, or all but the keywords that are named."""

import json
from typing import Any

import pytest

from service.errors import InvalidOption
from service.tasks.structure.arguments import arguments_schema
from service.tasks.structure.structure import Structure
from tests.tasks.structure.accepting import accepts

WORDS = {"type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(
    ("schema", "left_out", "inside", "outside"),
    [
        (WORDS, (), [["a", "a"]], [[1]]),
        (WORDS | {"uniqueItems": True}, ("uniqueItems",), [["a", "a"]], [[1]]),
        ({"type": "string", "pattern": r"^(a)\1$", "maxLength": 3}, ("pattern",), ["ab"], ["abcd", 1]),
        ({"type": "number", "maximum": 1e308, "minimum": 0}, ("maximum", "minimum"), [5], ["5"]),
        (
            {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "string", "pattern": "^a"}]},
            ("pattern", "oneOf"),
            ["xyz", "a"],
            [1],
        ),
        (
            {"type": "object", "patternProperties": {"^a": {"type": "null"}, "b$": {"type": "null"}}},
            ("patternProperties",),
            [{"ab": 1}],
            [1],
        ),
        (
            {"properties": {"x": {"not": {"pattern": "a"}}, "y": WORDS | {"contains": {}, "maxContains": 2}}},
            ("not", "contains", "maxContains"),
            [{"x": 1, "y": ["a", "b", "c"]}],
            [{"y": 1}, {"z": 1}],
        ),
    ],
)
def test_what_cannot_be_obeyed_is_left_out(
    schema: dict[str, Any], left_out: tuple[str, ...], inside: list[Any], outside: list[Any]
) -> None:
    found = arguments_schema(schema, "tools.0", strict=False)
    assert found.left_out == left_out
    source = Structure.from_text(found.text, "tools.0").check().source
    assert all(accepts(source, json.dumps(value)) for value in inside)
    assert not any(accepts(source, json.dumps(value)) for value in outside)
    if left_out:
        with pytest.raises(InvalidOption, match=r"tools\.0: "):
            arguments_schema(schema, "tools.0", strict=True)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    "schema",
    [
        {"type": "text"},
        {"not": {}},
        {"properties": 5},
        {"$ref": "https://example.com/x.json"},
        {"$ref": "#/$defs/none"},
        {"enum": []},
        {"x-guidance": {}, "not": {"pattern": "a"}},
        {"title": "x" * 70_000},
    ],
)
def test_what_is_no_schema_is_refused(schema: dict[str, Any], strict: bool) -> None:
    with pytest.raises(InvalidOption, match=r"^tools\.0: "):
        arguments_schema(schema, "tools.0", strict=strict)


def test_an_error_names_its_own_field() -> None:
    for param in ("tools.0", "tools.1"):
        with pytest.raises(InvalidOption, match=f"^{param}: "):
            arguments_schema({"type": "text"}, param, strict=False)
