"""The opposite of a schema, for keywords that say what a value must not be.

Not every schema has an opposite that a grammar can express. Where only a part of it can be expressed, the part is used:
whatever it allows, the schema forbids.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeGuard

from service.tasks.structure.schemas.references import resolved
from service.tasks.structure.schemas.schema_tree import ANNOTATIONS

_TYPES = ("null", "boolean", "number", "string", "array", "object")
_SILENT = ANNOTATIONS | {"$defs", "definitions", "$schema", "$id", "$anchor", "format", "then", "else"}
_MOST_REFERENCES = 8  # each within the one before
_MOST_CHARACTERS = 600  # of the texts that a value must not be

# A limit: the type of the values that it limits, and the limit that the opposite has, with what is added to it.
_LIMITS: Mapping[str, tuple[str, str, int]] = {
    "minLength": ("string", "maxLength", -1),
    "maxLength": ("string", "minLength", 1),
    "minItems": ("array", "maxItems", -1),
    "maxItems": ("array", "minItems", 1),
    "minProperties": ("object", "maxProperties", -1),
    "maxProperties": ("object", "minProperties", 1),
    "minimum": ("number", "exclusiveMaximum", 0),
    "maximum": ("number", "exclusiveMinimum", 0),
    "exclusiveMinimum": ("number", "maximum", 0),
    "exclusiveMaximum": ("number", "minimum", 0),
}


class NoOpposite(Exception):
    """No part of the opposite can be expressed."""


class Negation:
    """Negates schemas of the document ``root``."""

    def __init__(self, root: Any) -> None:
        self._root = root

    def negated(self, schema: Any, references: int = 0) -> Any:
        """A schema that allows nothing that ``schema`` allows. Raises NoOpposite."""
        if isinstance(schema, bool):
            return not schema
        if not isinstance(schema, Mapping):
            raise NoOpposite
        parts: list[Any] = []
        for keyword, value in schema.items():
            if keyword in _SILENT:
                continue
            parts += self._violations(keyword, value, references)
        return {"anyOf": parts} if len(parts) > 1 else parts[0] if parts else False

    def _violations(self, keyword: str, value: Any, references: int) -> list[Any]:
        """Schemas of the values that this keyword forbids."""
        match keyword:
            case "type" if isinstance(value, str) or is_texts(value):
                return _other_types(value)
            case "const":
                return _other_values([value])
            case "enum" if isinstance(value, list):
                return _other_values(value)
            case "required" if is_texts(value):
                return [{"type": "object", "properties": {name: False}} for name in value]
            case "properties" if isinstance(value, Mapping):
                return [
                    {"type": "object", "properties": {name: self.negated(each, references)}, "required": [name]}
                    for name, each in value.items()
                    if each is not True and each != {}
                ]
            case "not":
                return [value]
            case "allOf" if isinstance(value, list):
                return [self.negated(each, references) for each in value]
            case "anyOf" if isinstance(value, list):
                return [{"allOf": [self.negated(each, references) for each in value]}]
            case "$ref" if references < _MOST_REFERENCES:
                return [self.negated(resolved(self._root, value), references + 1)]
            case _ if keyword in _LIMITS and isinstance(value, int | float) and not isinstance(value, bool):
                type_, opposite, added = _LIMITS[keyword]
                limit = value + added
                return [] if type_ != "number" and limit < 0 else [{"type": type_, opposite: limit}]
        raise NoOpposite


def _other_types(types: Any) -> list[Any]:
    taken = {types} if isinstance(types, str) else set(types)
    if "integer" in taken:
        taken.add("number")  # numbers that are no integers are left out
    others = [each for each in _TYPES if each not in taken]
    return [{"type": others}] if others else []


def _other_values(values: Sequence[Any]) -> list[Any]:
    """Schemas of values that are none of these. Objects, arrays and some fractions are left out."""
    kinds: dict[str, list[Any]] = {type_: [] for type_ in _TYPES}
    for value in values:
        kinds[_type_of(value)].append(value)
    others: list[Any] = []
    if free := [type_ for type_, found in kinds.items() if not found]:
        others.append({"type": free})
    if texts := kinds["string"]:
        others.append({"type": "string", "pattern": _other_texts(texts)})
    if booleans := set(kinds["boolean"]):
        others += [{"enum": [each]} for each in (True, False) if each not in booleans]
    if numbers := sorted(set(kinds["number"])):
        others.append({"type": "number", "exclusiveMaximum": numbers[0]})
        others += [
            {"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high}
            for low, high in pairwise(numbers)
            if high - low > 1
        ]
        others.append({"type": "number", "exclusiveMinimum": numbers[-1]})
    return others


def is_texts(value: Any) -> TypeGuard[list[str]]:
    """Whether this is a list of texts."""
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _type_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _other_texts(texts: Sequence[str]) -> str:
    """A regular expression of all texts but these."""
    if sum(map(len, texts)) > _MOST_CHARACTERS:
        raise NoOpposite
    return f"^{_other_endings(texts)}$"


def _other_endings(texts: Sequence[str]) -> str:
    firsts = sorted({text[0] for text in texts if text})
    if not firsts:
        return r"(?s:.+)"
    alternatives = [] if "" in texts else [""]
    alternatives.append(f"[^{''.join(map(_escaped, firsts))}](?s:.*)")
    alternatives += [
        _escaped(first) + _other_endings([text[1:] for text in texts if text[:1] == first]) for first in firsts
    ]
    return f"(?:{'|'.join(alternatives)})"


def _escaped(character: str) -> str:
    return f"\\x{{{ord(character):X}}}"
