"""Objects are closed where that excludes nothing that has to be there."""

from typing import Any

import pytest

from service.tasks.structure.schemas.closed_schema import closed

OPEN: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = OPEN | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (OPEN, CLOSED),
        ({"properties": {"x": OPEN}}, {"properties": {"x": CLOSED}, "additionalProperties": False}),
        ({"type": "array", "items": OPEN}, {"type": "array", "items": CLOSED}),
        ({"prefixItems": [OPEN, True]}, {"prefixItems": [CLOSED, True]}),
        ({"anyOf": [OPEN, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        (
            {"$defs": {"x": OPEN}, "properties": {"y": {"$ref": "#/$defs/x", "title": "Y"}}},
            {
                "$defs": {"x": CLOSED},
                "properties": {"y": {"$ref": "#/$defs/x", "title": "Y"}},
                "additionalProperties": False,
            },
        ),
        ({"type": "object", "additionalProperties": OPEN}, {"type": "object", "additionalProperties": CLOSED}),
        (OPEN | {"required": ["b"]}, CLOSED | {"required": ["b"], "properties": {"b": True, **OPEN["properties"]}}),
        # Several schemas of one object: closed around all their properties, and only there
        (
            {"allOf": [OPEN, {"properties": {"b": {**OPEN}}}]},
            {
                "allOf": [OPEN, {"properties": {"b": CLOSED}}],
                "properties": {"a": True, "b": True},
                "additionalProperties": False,
            },
        ),
        (
            OPEN | {"anyOf": [{"required": ["b"]}, {"required": ["a"]}]},
            CLOSED
            | {
                "anyOf": [{"required": ["b"]}, {"required": ["a"]}],
                "properties": {"b": True, **OPEN["properties"]},
            },
        ),
        (
            {"$defs": {"x": OPEN}, "allOf": [{"$ref": "#/$defs/x"}], "properties": {"b": {}}},
            {
                "$defs": {"x": OPEN},
                "allOf": [{"$ref": "#/$defs/x"}],
                "properties": {"a": True, "b": {}},
                "additionalProperties": False,
            },
        ),
        ({"allOf": [{"$ref": "#"}], "properties": {"a": {}}}, {"allOf": [{"$ref": "#"}], "properties": {"a": {}}}),
        # A property may have the name of a keyword.
        ({"properties": {"not": OPEN}}, {"properties": {"not": CLOSED}, "additionalProperties": False}),
    ],
)
def test_silent_objects_are_closed(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    before = repr(schema)
    assert closed(schema) == expected
    assert repr(schema) == before


@pytest.mark.parametrize(
    "schema",
    [
        True,
        {},
        {"type": "object"},
        OPEN | {"additionalProperties": True},
        OPEN | {"patternProperties": {"^x": {}}},
        OPEN | {"minProperties": 2},
        OPEN | {"not": {"required": ["b"]}},
        OPEN | {"if": {"required": ["a"]}, "then": {"required": ["z"]}},
        OPEN | {"allOf": [{"patternProperties": {"^x": {}}}]},
        OPEN | {"allOf": [{"$ref": "https://example.com"}]},
        {"allOf": [OPEN, {"additionalProperties": {"type": "null"}}]},
        CLOSED | {"anyOf": [{"required": ["b"]}, True]},
        {"properties": 5},
        {"properties": {}, "required": 5},
    ],
)
def test_others_stay_as_they_are(schema: Any) -> None:
    assert closed(schema) == schema
