"""Schemas whose objects have the declared properties only.

JSON Schema lets an object have any further properties unless it forbids them. Models that may add some often do, and
small ones never end. Outputs that keep to the declared properties are valid too, so objects are closed where a schema
is silent about further properties. Where several schemas hold for one object at once, closing one of them could leave
nothing that is valid in all, so a schema with such keywords stays as it is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

_COMBINING = {
    "allOf",
    "not",
    "if",
    "dependentSchemas",
    "dependentRequired",
    "dependencies",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
}
_ALTERNATIVES = ("anyOf", "oneOf")
_ANNOTATIONS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"}
_ANSWERED = {"additionalProperties", "patternProperties"}  # the schema says which further properties there may be
_BY_NAME = ("properties", "patternProperties", "$defs", "definitions")
_ONE = ("additionalProperties", "items", "contains", "propertyNames")
_LISTS = ("anyOf", "oneOf", "prefixItems", "items")


def closed(schema: Mapping[str, Any] | bool) -> Mapping[str, Any] | bool:
    """The schema with closed objects; the same schema if parts of it hold at once."""
    if isinstance(schema, bool) or any(map(_combines, _schemas(schema))):
        return schema
    return _closed(schema)


def _combines(schema: Mapping[str, Any]) -> bool:
    """Whether further schemas hold for the same value."""
    if not _COMBINING.isdisjoint(schema):
        return True
    alone = _ANNOTATIONS | {"$defs", "definitions", "$schema", "$id", "type"}
    return any(key in schema and schema.keys() - alone - {key} for key in ("$ref", *_ALTERNATIVES))


def _closed(schema: Mapping[str, Any]) -> dict[str, Any]:
    changed = dict(schema)
    for key in _BY_NAME:
        if isinstance(parts := schema.get(key), Mapping):
            changed[key] = {name: _closed(part) if isinstance(part, Mapping) else part for name, part in parts.items()}
    for key in _ONE:
        if isinstance(part := schema.get(key), Mapping):
            changed[key] = _closed(part)
    for key in _LISTS:
        if isinstance(parts := schema.get(key), list):
            changed[key] = [_closed(part) if isinstance(part, Mapping) else part for part in parts]
    if schema.get("properties") and _ANSWERED.isdisjoint(schema):
        changed["additionalProperties"] = False
    return changed


def _schemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The schema and all schemas in it."""
    yield schema
    for key in _BY_NAME:
        if isinstance(parts := schema.get(key), Mapping):
            for part in parts.values():
                if isinstance(part, Mapping):
                    yield from _schemas(part)
    for key in dict.fromkeys((*_ONE, *_LISTS)):
        part = schema.get(key)
        for each in part if isinstance(part, list) else [part]:
            if isinstance(each, Mapping):
                yield from _schemas(each)
