"""Schemas whose objects have the declared properties only.

JSON Schema lets an object have any further properties unless it forbids them. Models that may add some often do, and
small ones never end. Outputs that keep to the declared properties are valid too, so objects are closed where a schema
is silent about further properties. Where several schemas hold for one object at once, it is closed around the
properties that any of them names. Objects stay open where a keyword could name further ones that cannot be seen.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from service.tasks.structure.schemas.negation import is_texts
from service.tasks.structure.schemas.references import resolved
from service.tasks.structure.schemas.schema_tree import ANNOTATIONS, LITERALS, SCHEMAS_BY_NAME, Schema, schemas

_LISTS = ("allOf", "anyOf", "oneOf")
_BESIDE_ALTERNATIVES = ANNOTATIONS | {"$defs", "definitions", "$schema", "$id", "type", "discriminator"}
_UNTOUCHED = LITERALS | {"not", "if", "then", "else"}  # to forbid more in some of these would allow more in all
_UNSEEN = {
    "not",
    "if",
    "dependentSchemas",
    "dependentRequired",
    "dependencies",
    "propertyNames",
    "unevaluatedProperties",
    "$dynamicRef",
    "$recursiveRef",
}


class _UnknownNames(Exception):
    """An object may have properties that cannot be seen in its schemas."""


def closed(schema: Any) -> Any:
    """The schema with closed objects. Raises RecursionError if it is too deep."""
    return _Closing(schema).close(schema)


class _Closing:
    def __init__(self, root: Any) -> None:
        self._root = root
        self._parts: set[int] = set()  # ids of schemas that hold together with others, so they stay open
        for schema in schemas(root):
            if _is_combined(schema):
                for part in self._in_place(schema):
                    self._mark(part)

    def close(self, schema: Any) -> Any:
        """The schema with closed objects."""
        if isinstance(schema, list):
            return [self.close(each) for each in schema]
        if not isinstance(schema, Mapping):
            return schema
        result = {keyword: self._closed_value(keyword, value) for keyword, value in schema.items()}
        if id(schema) in self._parts or "additionalProperties" in schema:
            return result
        if not _is_combined(schema) and "properties" not in schema:
            return result
        try:
            names = dict.fromkeys(self._names(schema, set()), True)
        except _UnknownNames:
            return result
        least = schema.get("minProperties", 0)
        if not names or (isinstance(least, int) and least > len(names)):
            return result
        return result | {"properties": names | result.get("properties", {}), "additionalProperties": False}

    def _closed_value(self, keyword: str, value: Any) -> Any:
        if keyword in _UNTOUCHED:
            return value
        if keyword in SCHEMAS_BY_NAME and isinstance(value, Mapping):
            return {name: self.close(each) for name, each in value.items()}
        return self.close(value)

    def _names(self, schema: Any, seen: set[int]) -> Iterator[str]:
        """The properties of an object. Raises _UnknownNames if there may be others."""
        if not isinstance(schema, Mapping) or id(schema) in seen:
            return
        seen.add(id(schema))
        properties, required = schema.get("properties", {}), schema.get("required", [])
        is_open = schema.get("additionalProperties", False) is not False or "patternProperties" in schema
        if is_open or not _UNSEEN.isdisjoint(schema) or not isinstance(properties, Mapping) or not is_texts(required):
            raise _UnknownNames
        yield from properties
        yield from required
        for part in self._in_place(schema):
            yield from self._names(part, seen)

    def _in_place(self, schema: Schema) -> Iterator[Any]:
        """Schemas that hold for the same value. An unknown one is an object that may have any properties."""
        for keyword in _LISTS:
            if isinstance(parts := schema.get(keyword), list):
                yield from parts
        if "$ref" in schema:
            found = resolved(self._root, schema["$ref"])
            yield {"additionalProperties": True} if found is None else found

    def _mark(self, schema: Any) -> None:
        if isinstance(schema, Mapping) and id(schema) not in self._parts:
            self._parts.add(id(schema))
            for part in self._in_place(schema):
                self._mark(part)


def _is_combined(schema: Schema) -> bool:
    """Whether several schemas hold for the same value."""
    if "allOf" in schema or not _UNSEEN.isdisjoint(schema):
        return True
    return any(key in schema and schema.keys() - _BESIDE_ALTERNATIVES - {key} for key in ("$ref", "anyOf", "oneOf"))
