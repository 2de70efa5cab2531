"""Schemas without the keywords that cannot be obeyed: best effort, for tools that do not ask for more.

What is left out only ever allows more, so what comes out is a schema of which the client's is a part.
"""

from collections.abc import Sequence
from typing import Any

from service.tasks.structure.schemas.schema_tree import Schema, rewritten

_UNKNOWN = {
    "not",
    "if",
    "then",
    "else",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "propertyNames",
    "dependentRequired",
    "dependentSchemas",
    "dependencies",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$dynamicRef",
    "$dynamicAnchor",
    "$recursiveRef",
    "$recursiveAnchor",
}
# Keywords of which llguidance knows some uses
_TEXTS = {"pattern"}
_COMBINED = {"oneOf", "patternProperties", "minProperties", "maxProperties"}
_LIMITS = {
    "format",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
}

# The keywords that are left out of a schema, step by step until it can be obeyed
STEPS: Sequence[frozenset[str]] = (
    frozenset(_UNKNOWN),
    frozenset(_UNKNOWN | _TEXTS),
    frozenset(_UNKNOWN | _TEXTS | _COMBINED),
    frozenset(_UNKNOWN | _TEXTS | _COMBINED | _LIMITS),
)


def relaxed(schema: Any, keywords: frozenset[str]) -> tuple[Any, list[str]]:
    """The schema without these keywords, and those of them that it had, in order.

    Raises RecursionError if the schema is too deep.
    """
    found: dict[str, None] = {}

    def leave_out(part: Schema) -> Schema:
        left_out = keywords & part.keys()
        if not left_out:
            return part
        found.update(dict.fromkeys(sorted(left_out)))
        rest: dict[str, Any] = {key: value for key, value in part.items() if key not in keywords}
        if "oneOf" in left_out:
            rest["allOf"] = [*_list(rest.get("allOf")), {"anyOf": part["oneOf"]}]
        if "patternProperties" in left_out:
            rest.pop("additionalProperties", None)
        return rest

    return rewritten(schema, leave_out), list(found)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
