"""``uniqueItems`` where an array can have few values: then all arrays of distinct items are listed."""

from collections.abc import Mapping
from itertools import permutations
from typing import Any

from service.tasks.structure.schemas.references import followed
from service.tasks.structure.schemas.schema_tree import Schema

_MOST_ARRAYS = 400


def with_distinct_items(schema: Schema, root: Any) -> Schema:
    """The same schema without ``uniqueItems`` if its arrays can be listed, or have one item at most."""
    if schema.get("uniqueItems") is not True:
        return schema
    rest = {key: value for key, value in schema.items() if key != "uniqueItems"}
    most = schema.get("maxItems")
    if most in (0, 1) and type(most) is int:
        return rest
    values = _values(followed(root, schema.get("items")))
    if values is None or schema.get("type") != "array" or not {"enum", "const", "prefixItems"}.isdisjoint(schema):
        return schema
    least = schema.get("minItems", 0)
    if type(least) is not int or least < 0 or not (most is None or type(most) is int):
        return schema
    sizes = range(least, 1 + (len(values) if most is None else min(most, len(values))))
    arrays: list[list[Any]] = []
    for size in sizes:
        for array in permutations(values, size):
            arrays.append(list(array))
            if len(arrays) > _MOST_ARRAYS:
                return schema
    without = {"items", "minItems", "maxItems", "type"}
    return {key: value for key, value in rest.items() if key not in without} | {"enum": arrays}


def _values(items: Any) -> list[Any] | None:
    """All values of an item, if they are few and no two are equal."""
    if not isinstance(items, Mapping):
        return None
    if items.get("type") in ("boolean", "null") and "enum" not in items:
        return [None] if items["type"] == "null" else [True, False]
    values = items.get("enum")
    if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
        return None
    return list(dict.fromkeys(values)) if items.get("type", "string") == "string" and _has_no_limits(items) else None


def _has_no_limits(items: Schema) -> bool:
    limits = {"pattern", "minLength", "maxLength", "format", "allOf", "anyOf", "oneOf", "not", "const", "$ref", "if"}
    return limits.isdisjoint(items)
