"""Keywords that exclude nothing are left out of a schema, and nothing else is."""

from typing import Any

import pytest

from service.errors import InvalidOption
from service.tasks.structure.schemas.void_keywords import without_void_keywords
from service.tasks.structure.structure import Structure

TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "kept"),
    [
        ({"propertyNames": TEXT, "additionalProperties": TEXT}, {"additionalProperties": TEXT}),
        ({"items": {"uniqueItems": False, "items": TEXT}}, {"items": {"items": TEXT}}),
        ({"anyOf": [{"propertyNames": True}, TEXT]}, {"anyOf": [{}, TEXT]}),
        ({"not": False, "if": {}, "minContains": 3}, {}),
        ({"then": TEXT, "else": TEXT}, {}),
        ({"dependentRequired": {}, "dependentSchemas": {}}, {}),
        ({"type": "string", "format": "color"}, TEXT),
        ({"$defs": {"a": {"propertyNames": {}}}}, {"$defs": {"a": {}}}),
    ],
)
def test_they_are_left_out(schema: Any, kept: Any) -> None:
    assert without_void_keywords(schema) == kept


@pytest.mark.parametrize(
    "schema",
    [
        {"propertyNames": {"pattern": "^a"}},
        {"uniqueItems": True},
        {"if": False, "else": TEXT},
        {"format": "email"},
        {"contains": TEXT, "minContains": 2},
        {"uniqueItems": 0},
        {"unevaluatedProperties": False},
        {"properties": {"propertyNames": TEXT, "uniqueItems": {"type": "boolean"}}},
        {"patternProperties": {"propertyNames": {}}},
        {"default": {"propertyNames": TEXT}, "enum": [{"uniqueItems": False}], "examples": [{"propertyNames": {}}]},
        True,
    ],
)
def test_the_rest_is_kept(schema: Any) -> None:
    assert without_void_keywords(schema) == schema


async def test_schemas_with_them_become_grammars() -> None:
    record = {"type": "object", "propertyNames": TEXT, "additionalProperties": TEXT}
    assert (await Structure.json_schema(record, "schema").compile()).source
    with pytest.raises(InvalidOption, match="propertyNames"):
        await Structure.json_schema(record | {"propertyNames": {"format": "date"}}, "schema").compile()


def test_a_schema_that_is_too_deep_is_refused() -> None:
    deep: Any = {}
    for _ in range(100_000):
        deep = {"not": deep}
    with pytest.raises(InvalidOption, match="too deep"):
        Structure.json_schema(deep, "schema")
