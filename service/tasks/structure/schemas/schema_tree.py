"""The schemas within a JSON Schema. One walk serves all that reads or changes them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

SCHEMAS_BY_NAME = {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies"}
LITERALS = {"const", "enum", "default", "example", "examples", "dependentRequired"}
ANNOTATIONS = {
    "title",
    "description",
    "default",
    "example",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$comment",
}

Schema = Mapping[str, Any]


def rewritten(schema: Any, change: Callable[[Schema], Schema]) -> Any:
    """The schema with every schema in it changed, the inner ones first. Raises RecursionError if it is too deep."""
    if isinstance(schema, list):
        return [rewritten(each, change) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    return change({keyword: _rewritten_value(keyword, value, change) for keyword, value in schema.items()})


def _rewritten_value(keyword: str, value: Any, change: Callable[[Schema], Schema]) -> Any:
    if keyword in LITERALS:
        return value
    if keyword in SCHEMAS_BY_NAME and isinstance(value, Mapping):
        return {name: rewritten(each, change) for name, each in value.items()}
    return rewritten(value, change)


def schemas(schema: Any) -> Iterator[Schema]:
    """The schema and all schemas in it. Raises RecursionError if it is too deep."""
    if isinstance(schema, list):
        for each in schema:
            yield from schemas(each)
    elif isinstance(schema, Mapping):
        yield schema
        for keyword, value in schema.items():
            if keyword in SCHEMAS_BY_NAME and isinstance(value, Mapping):
                for each in value.values():
                    yield from schemas(each)
            elif keyword not in LITERALS:
                yield from schemas(value)
