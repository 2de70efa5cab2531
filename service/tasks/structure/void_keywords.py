"""Keywords of JSON Schema that exclude nothing where they stand.

Generators of schemas write them (zod does for records), and llguidance has no code for all of them.
"""

from collections.abc import Mapping
from typing import Any

from service.tasks.structure.schema_tree import Schema, rewritten

_VOID: Mapping[str, tuple[Any, ...]] = {
    "propertyNames": ({}, {"type": "string"}, True),
    "uniqueItems": (False,),
    "unevaluatedProperties": ({}, True),
    "unevaluatedItems": ({}, True),
}


def without_void_keywords(schema: Any) -> Any:
    """The schema without them. Raises RecursionError for one that is too deep."""
    return rewritten(schema, _drop)


def _drop(schema: Schema) -> Schema:
    return {keyword: value for keyword, value in schema.items() if not _is_void(keyword, value)}


def _is_void(keyword: str, value: Any) -> bool:
    # 1 == True in Python, but no schema is a number
    return any(type(value) is type(void) and value == void for void in _VOID.get(keyword, ()))
