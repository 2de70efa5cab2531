"""Keywords that llguidance does not know, in terms of those that it knows.

What comes out allows nothing that the schema forbids. Where the same cannot be said in other keywords, it may allow
less: of an array with ``contains``, the first items match. A keyword for which there is no such way stays as it is.
"""

from collections.abc import Mapping
from typing import Any

from service.tasks.structure.schemas.lookaheads import without_lookaheads
from service.tasks.structure.schemas.negation import Negation, NoOpposite, is_texts
from service.tasks.structure.schemas.one_of import as_alternatives
from service.tasks.structure.schemas.property_names import with_named_properties
from service.tasks.structure.schemas.references import NamedTargets
from service.tasks.structure.schemas.schema_tree import ANNOTATIONS, Schema, rewritten, schemas
from service.tasks.structure.schemas.unique_items import with_distinct_items

_MOST_NODES = 200_000  # of all schemas that the rules write
_MOST_CONTAINED = 8
_IN_PLACE = {
    "allOf",
    "anyOf",
    "oneOf",
    "if",
    "not",
    "$ref",
    "$dynamicRef",
    "$recursiveRef",
    "dependentSchemas",
    "contains",
}


class SchemaTooLarge(Exception):
    """The schema becomes too large when its keywords are rewritten."""


class Rewriting:
    """Rewrites the schema ``root``."""

    def __init__(self, root: Any) -> None:
        """Raises RecursionError if the schema is too deep, and SchemaTooLarge."""
        self._nodes = _MOST_NODES
        named = NamedTargets(root)
        self._count(named.targets)
        self._root = root = named.added()
        self._negation = Negation(root)
        inner = [schema for schema in schemas(root) if schema is not root]
        self._is_one_document = not any("$id" in schema or "$dynamicAnchor" in schema for schema in inner)

    def rewritten(self) -> Any:
        """The schema in keywords that llguidance knows, as far as possible.

        Raises RecursionError if it is too deep, and SchemaTooLarge.
        """
        return rewritten(self._root, self._rewrite)

    def _rewrite(self, schema: Schema) -> Schema:
        for rule in (
            _single,
            _pattern,
            _unevaluated,
            _dependencies,
            self._not,
            self._if,
            _contains,
            self._anchors,
            self._one_of,
        ):
            changed = rule(schema)
            if changed is not schema:
                self._count(changed)
                schema = changed
        schema = with_named_properties(schema)
        return with_distinct_items(schema, self._root)

    def _not(self, schema: Schema) -> Schema:
        if "not" not in schema:
            return schema
        try:
            opposite = self._negation.negated(schema["not"])
        except NoOpposite:
            return schema
        return _and(schema, [opposite], without={"not"})

    def _if(self, schema: Schema) -> Schema:
        if "if" not in schema:
            return schema
        condition, then, otherwise = schema["if"], schema.get("then", True), schema.get("else", True)
        try:
            opposite = self._negation.negated(condition)
        except NoOpposite:
            return schema
        either = {"anyOf": [{"allOf": [condition, then]}, {"allOf": [opposite, otherwise]}]}
        return _and(schema, [either], without={"if", "then", "else"})

    def _one_of(self, schema: Schema) -> Schema:
        if not isinstance(schema.get("oneOf"), list):
            return schema
        alternatives = as_alternatives(schema["oneOf"], self._root, self._negation)
        if alternatives is None:
            return schema
        if "anyOf" in schema:
            return _and(schema, [{"anyOf": alternatives}], without={"oneOf"})
        return {("anyOf" if key == "oneOf" else key): value for key, value in schema.items()} | {"anyOf": alternatives}

    def _anchors(self, schema: Schema) -> Schema:
        """In one document with at most one dynamic anchor, a dynamic reference is a plain one."""
        names = {"$dynamicAnchor": "$anchor", "$dynamicRef": "$ref", "$recursiveRef": "$ref"}
        found = names.keys() & schema.keys()
        if not found or not self._is_one_document or any(names[name] in schema for name in found):
            return schema
        return {names.get(key, key): value for key, value in schema.items() if key != "$recursiveAnchor"}

    def _count(self, schema: Any) -> None:
        """Count the nodes of a schema that a rule has written: it may hold a part several times."""
        places = [schema]
        while places:
            place = places.pop()
            self._nodes -= 1
            if self._nodes < 0:
                raise SchemaTooLarge
            if isinstance(place, Mapping):
                places += place.values()
            elif isinstance(place, list):
                places += place


def _single(schema: Schema) -> Schema:
    """One schema in ``allOf`` with nothing beside it but annotations is that schema."""
    parts = schema.get("allOf")
    if not isinstance(parts, list) or len(parts) != 1 or not isinstance(parts[0], Mapping):
        return schema
    if schema.keys() - ANNOTATIONS - {"allOf"}:
        return schema
    return {**{key: value for key, value in schema.items() if key != "allOf"}, **parts[0]}


def _pattern(schema: Schema) -> Schema:
    pattern = schema.get("pattern")
    patterns = without_lookaheads(pattern) if isinstance(pattern, str) else None
    if patterns is None:
        return schema
    return _and(schema, [{"pattern": each} for each in patterns], without={"pattern"})


def _unevaluated(schema: Schema) -> Schema:
    """Without further schemas in place, what is not evaluated is what the schema itself does not name."""
    for keyword, same in (("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")):
        if schema.get(keyword) is False and _IN_PLACE.isdisjoint(schema):
            schema = {same: False} | {key: value for key, value in schema.items() if key != keyword}
    return schema


def _dependencies(schema: Schema) -> Schema:
    """What has to hold where an object has a certain property."""
    rules = []
    for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
        dependencies = schema.get(keyword, {})
        if not isinstance(dependencies, Mapping):
            return schema
        for name, needed in dependencies.items():
            if is_texts(needed):
                present: Any = {"required": [name, *needed]}
            elif isinstance(needed, Mapping | bool) and keyword != "dependentRequired":
                present = {"required": [name], "allOf": [needed]}
            else:
                return schema
            rules.append({"anyOf": [{"properties": {name: False}}, present]})
    keywords = {"dependentRequired", "dependentSchemas", "dependencies"}
    return schema if keywords.isdisjoint(schema) else _and(schema, rules, without=keywords)


def _contains(schema: Schema) -> Schema:
    """``contains``: the first items match."""
    least = schema.get("minContains", 1)
    if "contains" not in schema or "maxContains" in schema or type(least) is not int or least > _MOST_CONTAINED:
        return schema
    rule = {"prefixItems": [schema["contains"]] * least, "minItems": least}
    return _and(schema, [rule] if least else [], without={"contains", "minContains"})


def _and(schema: Schema, more: list[Any], *, without: set[str]) -> Schema:
    """The schema without some keywords, and with further schemas that hold as well."""
    rest = {key: value for key, value in schema.items() if key not in without}
    if not more:
        return rest
    held = rest.get("allOf", [])
    return rest | {"allOf": [*held, *more] if isinstance(held, list) else held}
