"""``oneOf`` where no value can match two of the alternatives, or can be kept from it."""

from collections.abc import Mapping, Sequence
from typing import Any

from service.tasks.structure.schemas.negation import Negation, NoOpposite, is_texts
from service.tasks.structure.schemas.references import followed
from service.tasks.structure.schemas.schema_tree import ANNOTATIONS, Schema

_MOST_NEGATED = 4  # alternatives
_OBJECT_KEYWORDS = ANNOTATIONS | {"type", "properties", "required", "additionalProperties", "$defs", "definitions"}


def as_alternatives(schemas: Sequence[Any], root: Any, negation: Negation) -> list[Any] | None:
    """Schemas for ``anyOf`` that allow what exactly one of ``schemas`` allows, or a part of it. None: not found."""
    found = [followed(root, each) for each in schemas]
    alternatives = []
    for i, schema in enumerate(schemas):
        others = [other for j, other in enumerate(found) if j != i]
        if all(_excludes(found[i], other) for other in others):
            alternatives.append(schema)
        elif _is_closable(found[i]) and all(_excludes(found[i], other, closed=True) for other in others):
            alternatives.append(_with_closed_properties(schema, found[i]))
        elif len(schemas) <= _MOST_NEGATED:
            try:
                alternatives.append({"allOf": [schema, *map(negation.negated, others)]})
            except NoOpposite:
                return None
        else:
            return None
    return alternatives


def _excludes(schema: Any, other: Any, *, closed: bool = False) -> bool:
    """Whether nothing matches both. ``closed``: objects of ``schema`` have only its own properties."""
    if schema is False or other is False:
        return True
    if not isinstance(schema, Mapping) or not isinstance(other, Mapping):
        return False
    types, other_types = _types(schema), _types(other)
    if types is not None and other_types is not None and types.isdisjoint(other_types):
        return True
    values, other_values = _values(schema), _values(other)
    if values is not None and other_values is not None:
        return values.isdisjoint(other_values)
    if types != {"object"} or other_types != {"object"}:
        return False
    properties, other_properties = _properties(schema), _properties(other)
    for name in _required(other):
        if closed and name not in properties:
            return True
        values, other_values = _values(properties.get(name)), _values(other_properties.get(name))
        # If the property is not required here, its absence excludes the other schema too.
        if values is not None and other_values is not None and values.isdisjoint(other_values):
            return True
    return False


def _is_closable(schema: Any) -> bool:
    """Whether all that a schema says of an object is in its own properties."""
    return (
        isinstance(schema, Mapping)
        and schema.get("type") == "object"
        and _OBJECT_KEYWORDS.issuperset(schema)
        and schema.get("additionalProperties", True) in (True, False, {})
        and set(_required(schema)) <= _properties(schema).keys()
    )


def _with_closed_properties(schema: Schema, found: Schema) -> Schema:
    if found is schema:
        return {**schema, "additionalProperties": False}
    names = dict.fromkeys(_properties(found), True)
    return {"allOf": [schema, {"properties": names, "additionalProperties": False}]}


def _types(schema: Schema) -> set[str] | None:
    types = schema.get("type")
    if isinstance(types, str):
        types = [types]
    if not is_texts(types):
        return None
    return {"number" if each == "integer" else each for each in types}


def _values(schema: Any) -> set[tuple[str, Any]] | None:
    """The texts and other plain values that a schema lists, with their types."""
    if not isinstance(schema, Mapping):
        return None
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if not isinstance(values, list) or any(isinstance(each, list | dict) for each in values):
        return None
    return {("number" if type(each) in (int, float) else type(each).__name__, each) for each in values}


def _properties(schema: Schema) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _required(schema: Schema) -> list[str]:
    required = schema.get("required")
    return required if is_texts(required) else []
