"""Objects are closed where that excludes nothing that has to be there."""

from typing import Any

import pytest

from service.tasks.structure.closed_schema import closed

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
        {"allOf": [OPEN, {"properties": {"b": {}}}]},
        OPEN | {"anyOf": [{"required": ["b"]}, {"required": ["a"]}]},
        {"properties": {"x": OPEN | {"$ref": "#/$defs/y"}}, "$defs": {"y": {"required": ["b"]}}},
        {"properties": {"x": OPEN}, "if": {}, "then": {"required": ["z"]}},
    ],
)
def test_others_stay_as_they_are(schema: Any) -> None:
    assert closed(schema) == schema
