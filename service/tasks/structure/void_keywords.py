"""Keywords of JSON Schema that exclude nothing where they stand.

Generators of schemas write them (zod does for records), and llguidance has no code for all of them.
"""

from collections.abc import Mapping
from typing import Any

_VOID: Mapping[str, tuple[Any, ...]] = {
    "propertyNames": ({}, {"type": "string"}, True),
    "uniqueItems": (False,),
    "unevaluatedProperties": ({}, True),
    "unevaluatedItems": ({}, True),
}
_SCHEMAS_BY_NAME = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
_LITERALS = {"const", "enum", "default", "examples"}


def without_void_keywords(schema: Any) -> Any:
    """The schema without them. Raises RecursionError for one that is too deep."""
    if isinstance(schema, list):
        return [without_void_keywords(each) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {}
    for keyword, value in schema.items():
        if keyword in _LITERALS:
            kept[keyword] = value
        elif keyword in _SCHEMAS_BY_NAME and isinstance(value, Mapping):
            kept[keyword] = {name: without_void_keywords(each) for name, each in value.items()}
        elif not _is_void(keyword, value):
            kept[keyword] = without_void_keywords(value)
    return kept


def _is_void(keyword: str, value: Any) -> bool:
    # 1 == True in Python, but no schema is a number
    return any(type(value) is type(void) and value == void for void in _VOID.get(keyword, ()))
