"""Keywords of JSON Schema that exclude nothing where they stand.

Generators of schemas write them (zod does for records), and llguidance has no code for all of them.
"""

from collections.abc import Mapping
from typing import Any

from service.tasks.structure.schemas.schema_tree import Schema, rewritten

_VOID: Mapping[str, tuple[Any, ...]] = {
    "propertyNames": ({}, {"type": "string"}, True),
    "uniqueItems": (False,),
    "unevaluatedProperties": ({}, True),
    "unevaluatedItems": ({}, True),
    "not": (False,),
    "dependentRequired": ({},),
    "dependentSchemas": ({},),
    "dependencies": ({},),
    "minProperties": (0,),
}
_NEEDED: Mapping[str, tuple[str, ...]] = {  # a keyword says nothing without one of these
    "if": ("then", "else"),
    "then": ("if",),
    "else": ("if",),
    "minContains": ("contains",),
    "maxContains": ("contains",),
}
# Those that are obeyed
_FORMATS = {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"}


def without_void_keywords(schema: Any) -> Any:
    """The schema without them. Raises RecursionError for one that is too deep."""
    return rewritten(schema, _drop)


def _drop(schema: Schema) -> Schema:
    return {keyword: value for keyword, value in schema.items() if not _is_void(keyword, value, schema)}


def _is_void(keyword: str, value: Any, schema: Schema) -> bool:
    if keyword == "format":  # JSON Schema calls it an annotation, and tools have names of their own for it
        return isinstance(value, str) and value not in _FORMATS
    if keyword in _NEEDED and schema.keys().isdisjoint(_NEEDED[keyword]):
        return True
    # 1 == True in Python, but no schema is a number
    return any(type(value) is type(void) and value == void for void in _VOID.get(keyword, ()))
