"""References within a schema."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from service.tasks.structure.schemas.schema_tree import Schema, rewritten, schemas

_OBEYED_BESIDE = ("properties", "required", "allOf", "anyOf", "oneOf", "enum", "const", "not", "if", "pattern")
_NAMED = re.compile(r"#(/(\$defs|definitions)/[^/]*)?")


def resolved(root: Any, reference: Any) -> Any:
    """The schema that a JSON pointer (``#/$defs/x``) leads to, or None: other references are not followed."""
    if not isinstance(reference, str) or not re.fullmatch(r"#(/.*)?", reference, re.DOTALL):
        return None
    place = root
    for step in unquote(reference[1:]).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(place, Mapping) and name in place:
            place = place[name]
        elif isinstance(place, list) and name.isdecimal() and int(name) < len(place):
            place = place[int(name)]
        else:
            return None
    return place


def followed(root: Any, schema: Any) -> Any:
    """The schema itself, or what it leads to if it is nothing but a reference; None if that cannot be followed."""
    for _ in range(16):
        if not isinstance(schema, Mapping) or "$ref" not in schema:
            return schema
        if any(key in schema for key in _OBEYED_BESIDE):
            return None
        schema = resolved(root, schema["$ref"])
    return None


class NamedTargets:
    """Definitions for the schemas that references lead to by their place, which changes when a schema is rewritten."""

    def __init__(self, root: Any) -> None:
        self._root = root
        taken = root.get("$defs") if isinstance(root, Mapping) else None
        self._taken = taken if isinstance(taken, Mapping) else {}
        self._prefix = "place"
        while any(name.startswith(self._prefix) for name in self._taken):
            self._prefix += "-"
        self._names: dict[str, str] = {}  # of the definitions, by reference
        if isinstance(root, Mapping):
            for reference in self._placed():
                self._names[reference] = f"{self._prefix}{len(self._names)}"

    @property
    def targets(self) -> list[Any]:
        """The schemas that become definitions too."""
        return [resolved(self._root, reference) for reference in self._names]

    def added(self) -> Any:
        """The schema with these definitions, and with references to them."""
        if not self._names:
            return self._root
        targets = dict(zip(self._names.values(), self.targets, strict=True))
        return rewritten({**self._root, "$defs": {**self._taken, **targets}}, self._rename)

    def _placed(self) -> Iterator[str]:
        for schema in schemas(self._root):
            reference = schema.get("$ref")
            if not isinstance(reference, str) or reference in self._names or _NAMED.fullmatch(reference):
                continue
            if resolved(self._root, reference) is not None:
                yield reference

    def _rename(self, schema: Schema) -> Schema:
        reference = schema.get("$ref")
        if not isinstance(reference, str) or reference not in self._names:
            return schema
        return {**schema, "$ref": f"#/$defs/{self._names[reference]}"}
