"""Arguments that a model writes one by one instead of as JSON: texts as they are, and all other values as JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from service.errors import InvalidOption
from service.tasks.structure.schemas.schema_tree import Schema

_ANNOTATIONS = {"title", "description", "default", "examples", "deprecated", "readOnly", "writeOnly", "$comment"}
_DEFINITIONS = ("$defs", "definitions")
_TEXT_KEYWORDS = {"type", "minLength", "maxLength", *_ANNOTATIONS}
_LONGEST_TEXT = 512  # characters of a text with a limit: a limit is a part of the grammar
# About the object as a whole, which is not written as one.
_WHOLE = {
    *("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "enum", "const"),
    *("patternProperties", "propertyNames", "minProperties", "maxProperties", "unevaluatedProperties"),
    *("dependentRequired", "dependentSchemas", "dependencies"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterFormat:
    """How one argument is written: ``before``, its name, ``between``, its value, ``after``.

    A text stands as it is, within ``quote`` if the format has one. Other values are JSON, and so are texts whose schema
    says more than their length. ``after`` has a new line or is empty, so JSON never holds it.
    """

    before: str
    between: str
    after: str
    separator: str = ""  # between two arguments
    quote: str = ""
    is_sorted: bool = False  # by name

    @property
    def end_of_text(self) -> str:
        return self.quote or self.after


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument of a tool. ``texts`` are all that it may be, if it is one of some texts."""

    name: str
    schema: Schema
    is_required: bool
    is_text: bool
    texts: tuple[str, ...] = ()


def parameters(text: str, format: ParameterFormat, param: str) -> list[Parameter]:
    """The arguments of a tool in the order in which they are written. They are the declared ones.

    ``text`` is the schema as ``schema_text`` writes it, and ``param`` the field that errors name. Raises InvalidOption
    for a schema that cannot be obeyed argument by argument, and for a name that the format cannot hold.
    """
    schema: Schema = json.loads(text)
    if unknown := sorted(_WHOLE & schema.keys()):
        raise _unusable(param, f"{unknown[0]} is not supported here, because the model writes arguments one by one")
    types = schema.get("type")
    if types != "object" and not (isinstance(types, list) and "object" in types):
        raise _unusable(param, "arguments are an object")
    properties, required = schema.get("properties", {}), schema.get("required", [])
    declared = {name: each for name, each in properties.items() if each is not False}
    others = schema.get("additionalProperties", True)
    names = [*declared, *(name for name in dict.fromkeys(required) if name not in declared)]
    marks = [mark[0] for mark in (format.between, format.quote, "\n", "}") if mark]
    if any(mark in name for name in names for mark in marks) or "" in names:
        raise _unusable(param, "an argument has a name that the model's format cannot hold")
    if format.is_sorted:
        names.sort(key=str.lower)
    definitions = {key: schema[key] for key in _DEFINITIONS if key in schema}
    made = []
    for name in names:
        own = declared.get(name, others)
        own = own if isinstance(own, Mapping) else {}
        texts = _texts(own, format)
        is_text = texts is not None or _is_plain_text(own)
        made.append(Parameter(name, {**definitions, **own}, name in required, is_text, texts or ()))
    return made


def _texts(schema: Schema, format: ParameterFormat) -> tuple[str, ...] | None:
    """All texts that an argument may be, if it is one of some texts and nothing else is said about it."""
    texts = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if not isinstance(texts, list) or not texts or {"enum", "const"} <= schema.keys():
        return None
    if not schema.keys() <= {"type", "enum", "const", *_ANNOTATIONS} or schema.get("type", "string") != "string":
        return None
    is_writable = all(isinstance(text, str) and format.end_of_text not in text for text in texts)
    return tuple(texts) if is_writable else None


def _is_plain_text(schema: Schema) -> bool:
    """Whether an argument is a text of which at most the length is limited."""
    limits = [schema.get("minLength", 0), schema.get("maxLength", 0)]
    if schema.get("type") != "string" or not schema.keys() <= _TEXT_KEYWORDS:
        return False
    return all(type(limit) is int and 0 <= limit <= _LONGEST_TEXT for limit in limits)


def _unusable(param: str, reason: str) -> InvalidOption:
    return InvalidOption(f"{param}: {reason}", param=param)
