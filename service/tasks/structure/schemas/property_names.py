"""``propertyNames`` in terms of the properties themselves."""

import re
from collections.abc import Mapping
from typing import Any

from service.tasks.structure.schemas.negation import is_texts
from service.tasks.structure.schemas.schema_tree import ANNOTATIONS, Schema

_MOST_NAMES = 256


def with_named_properties(schema: Schema) -> Schema:
    """The same schema without ``propertyNames`` if its names are a list, a pattern or of a certain length."""
    names = schema.get("propertyNames")
    properties = schema.get("properties", {})
    if "propertyNames" not in schema or "patternProperties" in schema or not isinstance(properties, Mapping):
        return schema
    further = schema.get("additionalProperties", True)
    rest = {key: value for key, value in schema.items() if key not in ("propertyNames", "additionalProperties")}
    listed = _listed(names)
    if listed is not None:
        known = {name: each if name in listed else False for name, each in properties.items()}
        return rest | {"properties": {**dict.fromkeys(listed, further), **known}, "additionalProperties": False}
    pattern = _pattern(names)
    if pattern is None:
        return schema
    if properties:
        try:
            allows = re.compile(pattern).search
        except (re.error, RecursionError, OverflowError):
            return schema
        rest["properties"] = {name: each if allows(name) else False for name, each in properties.items()}
    return rest | {"patternProperties": {pattern: further}, "additionalProperties": False}


def _listed(names: Any) -> list[str] | None:
    """The names, if there are only these."""
    if names is False:
        return []
    if not isinstance(names, Mapping) or names.keys() - ANNOTATIONS - {"type", "enum", "const"}:
        return None
    if names.get("type", "string") != "string" or ("enum" in names) == ("const" in names):
        return None
    listed = names["enum"] if "enum" in names else [names["const"]]
    return list(dict.fromkeys(listed)) if is_texts(listed) and len(listed) <= _MOST_NAMES else None


def _pattern(names: Any) -> str | None:
    """The regular expression of all names that are allowed."""
    if not isinstance(names, Mapping) or names.get("type", "string") != "string":
        return None
    keywords = names.keys() - ANNOTATIONS - {"type"}
    if keywords == {"pattern"} and isinstance(names["pattern"], str):
        return names["pattern"]
    least, most = names.get("minLength", 0), names.get("maxLength", "")
    if keywords and keywords <= {"minLength", "maxLength"} and type(least) is int and (most == "" or type(most) is int):
        return f"^(?s:.{{{least},{most}}})$"
    return None
