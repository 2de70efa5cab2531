"""Schemas whose objects have the declared properties only.

JSON Schema lets an object have any further properties unless it forbids them. Models that may add some often do, and
small ones never end. Outputs that keep to the declared properties are valid too, so objects are closed where a schema
is silent about further properties. Where several schemas hold for one object at once, closing one of them could leave
nothing that is valid in all, so a schema with such keywords stays as it is.
"""

from typing import Any

from service.tasks.structure.schema_tree import Schema, rewritten, schemas

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
_BESIDE_ALTERNATIVES = _ANNOTATIONS | {"$defs", "definitions", "$schema", "$id", "type"}
_ANSWERED = {"additionalProperties", "patternProperties"}  # the schema says which further properties there may be


def closed(schema: Any) -> Any:
    """The schema with closed objects; the same schema if parts of it hold at once."""
    return schema if any(map(_combines, schemas(schema))) else rewritten(schema, _close)


def _combines(schema: Schema) -> bool:
    """Whether further schemas hold for the same value."""
    if not _COMBINING.isdisjoint(schema):
        return True
    return any(key in schema and schema.keys() - _BESIDE_ALTERNATIVES - {key} for key in ("$ref", *_ALTERNATIVES))


def _close(schema: Schema) -> Schema:
    if schema.get("properties") and _ANSWERED.isdisjoint(schema):
        return {**schema, "additionalProperties": False}
    return schema
