"""Keywords that llguidance does not know are obeyed in terms of others."""

import json
from typing import Any

import jsonschema
import pytest

from service.errors import InvalidOption
from service.tasks.structure.structure import Structure
from tests.tasks.structure.accepting import accepts

A_AND_B: dict[str, Any] = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}
A, B, BOTH, NONE = {"a": 1}, {"b": "x"}, {"a": 1, "b": "x"}, dict[str, Any]()
CAT = {"type": "object", "properties": {"kind": {"const": "cat"}, "lives": {"type": "integer"}}, "required": ["kind"]}
DOG = {"type": "object", "properties": {"kind": {"const": "dog"}}, "required": ["kind"]}
ZOD_EMAIL = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$"
FEW: dict[str, Any] = {"type": "array", "uniqueItems": True}
ROWS: list[tuple[Any, list[Any], list[Any]]] = [
    # not
    ({"type": "string", "not": {"const": "ab"}}, ["", "a", "abc", "b"], ["ab"]),
    ({"type": "string", "not": {"enum": ["a", "b", ""]}}, ["ab", "c"], ["a", "b", ""]),
    ({"type": "integer", "not": {"enum": [0, 1, 5]}}, [-1, 2, 4, 6], [0, 1, 5]),
    ({"type": "number", "not": {"const": 0}}, [0.5, -3], [0]),
    ({"type": ["string", "null"], "not": {"type": "null"}}, ["a"], [None]),
    ({"type": "boolean", "not": {"const": True}}, [False], [True]),
    ({"type": "string", "not": {"maxLength": 2}}, ["abc"], ["ab", ""]),
    ({"not": {"anyOf": [{"type": "string"}, {"type": "array"}]}}, [1, None, {}], ["a", []]),
    (A_AND_B | {"not": {"required": ["a", "b"]}}, [A, B, NONE], [BOTH]),
    ({"type": "object", "properties": {"a": {"not": {}}, "b": {"type": "string"}}}, [B, NONE], [A]),
    ({"type": "integer", "not": {"allOf": [{"minimum": 3}, {"maximum": 5}]}}, [2, 6], [3, 5]),
    ({"$defs": {"x": {"enum": ["a"]}}, "type": "string", "not": {"$ref": "#/$defs/x"}}, ["b"], ["a"]),
    ({"not": {"not": {"type": "string"}}}, ["a"], [1]),
    # if
    (
        A_AND_B | {"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"required": ["b"]}},
        [BOTH, {"a": 2}, NONE, B],
        [A],
    ),
    (
        A_AND_B | {"if": {"required": ["a"]}, "then": {"properties": {"b": False}}, "else": {"required": ["b"]}},
        [A, B],
        [BOTH, NONE],
    ),
    # dependencies
    (A_AND_B | {"dependentRequired": {"a": ["b"]}}, [B, BOTH, NONE], [A]),
    (A_AND_B | {"dependencies": {"a": ["b"], "b": ["a"]}}, [BOTH, NONE], [A, B]),
    (A_AND_B | {"dependentSchemas": {"b": {"required": ["a"]}}}, [A, BOTH, NONE], [B]),
    (
        {"dependentSchemas": {"c": {}, "a": {"properties": {"b": {}}}}, "properties": {"a": {}}}
        | {"additionalProperties": False},
        [{"a": 1}, {}],
        [{"b": 1}, {"c": 1}, {"a": 1, "b": 1}],
    ),
    # names of properties
    (
        {"type": "object", "propertyNames": {"enum": ["x", "y"]}, "additionalProperties": {"type": "integer"}},
        [{}, {"x": 1}, {"x": 1, "y": 2}],
        [{"z": 1}, {"x": "1"}],
    ),
    ({"type": "object", "propertyNames": {"pattern": "^[a-z]+$"}}, [{"ab": 1}], [{"A": 1}]),
    ({"type": "object", "propertyNames": {"minLength": 2, "maxLength": 3}}, [{"ab": 1}, {"abc": 1}], [{"a": 1}]),
    (A_AND_B | {"propertyNames": {"pattern": "^b"}}, [B, NONE], [A]),
    # alternatives
    ({"oneOf": [CAT, DOG]}, [{"kind": "cat", "lives": 9}, {"kind": "dog"}], [{"kind": "cow"}, {"lives": 9}]),
    (
        {"$defs": {"c": CAT, "d": DOG}, "oneOf": [{"$ref": "#/$defs/c"}, {"$ref": "#/$defs/d"}]},
        [{"kind": "cat", "lives": 9}, {"kind": "dog"}],
        [{"kind": "dog", "lives": 9}],
    ),
    (A_AND_B | {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, [A, B], [BOTH, NONE]),
    (
        {"oneOf": [A_AND_B | {"required": ["a"]}, {"type": "object", "properties": {"c": {}}, "required": ["c"]}]},
        [A, BOTH, {"c": 1}],
        [B, NONE, {"a": 1, "c": 1}],
    ),
    ({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "maximum": 5}]}, [-1, 6], [0, 5]),
    # arrays
    ({"type": "array", "items": {"enum": ["a", "b", "c"]}, "uniqueItems": True}, [[], ["c", "a"]], [["a", "a"]]),
    (
        {
            "$defs": {"x": {"enum": ["a", "b"]}},
            "properties": {"tags": FEW | {"items": {"$ref": "#/$defs/x"}, "minItems": 1}},
            "required": ["tags"],
        },
        [{"tags": ["b", "a"]}, {"tags": ["a"]}],
        [{"tags": []}, {"tags": ["b", "b"]}],
    ),
    (FEW | {"items": {"type": "boolean"}, "minItems": 2}, [[True, False]], [[True, True]]),
    ({"type": "array", "items": {"type": "string"}, "uniqueItems": True, "maxItems": 1}, [[], ["x"]], [["x", "x"]]),
    ({"type": "array", "contains": {"type": "string"}}, [["a"], ["a", 1]], [[], [1]]),
    ({"type": "array", "contains": {"type": "string"}, "minContains": 2}, [["a", "b", 3]], [["a"], ["a", 1]]),
    # what is not evaluated
    (A_AND_B | {"unevaluatedProperties": False}, [A, BOTH], [{"c": 1}]),
    ({"type": "array", "prefixItems": [{"type": "null"}], "unevaluatedItems": False}, [[None], []], [[None, 1]]),
    # patterns
    (
        {"type": "string", "format": "email", "pattern": ZOD_EMAIL},
        ["a@b.co", "a.b_c+d@x-y.example.org"],
        [".a@b.co", "a..b@c.de", "a@b", "a.@b.co", "a@b.c"],
    ),
    ({"type": "string", "pattern": "^(?!-)(?!.*--)[a-z-]+$"}, ["a", "a-b-", "a-b-c"], ["-a", "a--b", "", "a---"]),
    ({"type": "string", "pattern": "^(?!ab)[a-c]*$"}, ["", "a", "ba", "aab", "ac"], ["ab", "abc"]),
    ({"type": "string", "pattern": r"^(?=.*a)(?=.*\.)[a-z.]{2,4}$"}, ["a.", ".ba"], ["ab", "..", "a.bcd"]),
    ({"type": "string", "pattern": "^(?!.*ab)[a-c]*$"}, ["", "aac", "ba", "acb", "aa"], ["ab", "aab", "cabc"]),
    ({"type": "string", "pattern": "^(?!.*a)(?:b|a)$"}, ["b"], ["a"]),
    # schemas that are no objects
    (True, [1, {}, "a"], []),
    # references
    (
        {"$dynamicAnchor": "node", "type": "object", "properties": {"child": {"$dynamicRef": "#node"}}},
        [{}, {"child": {"child": {}}}],
        [{"child": 1}],
    ),
    (
        {"properties": {"a": FEW | {"items": {"enum": ["x"]}}, "b": {"$ref": "#/properties/a/items"}}},
        [{"a": ["x"], "b": "x"}],
        [{"b": "y"}],
    ),
    # formats that are nobody's standard say nothing
    ({"type": "string", "format": "markdown"}, ["# a"], [1]),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "inside", "outside"), ROWS, ids=lambda value: json.dumps(value)[:60])
def test_they_are_obeyed(schema: Any, inside: list[Any], outside: list[Any]) -> None:
    before = json.dumps(schema)
    source = Structure.json_schema(schema, "field").check().source
    assert json.dumps(schema) == before
    validator = jsonschema.Draft202012Validator(schema)
    for value in inside:
        assert validator.is_valid(value), value
        assert accepts(source, json.dumps(value)), value
    for value in outside:
        assert not accepts(source, json.dumps(value)), value


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"type": "array", "items": {"type": "string"}, "uniqueItems": True}, "uniqueItems"),
        ({"type": "array", "items": {"enum": list("abcdefgh")}, "uniqueItems": True}, "uniqueItems"),
        ({"type": "string", "not": {"pattern": "a"}}, "not"),
        ({"not": {"multipleOf": 3}}, "not"),
        ({"if": {"type": "string", "pattern": "a"}, "then": {"maxLength": 2}}, "if"),
        ({"type": "object", "propertyNames": {"not": {"pattern": "a"}}}, "propertyNames"),
        ({"type": "array", "contains": {"type": "null"}, "maxContains": 2}, "contains"),
        ({"oneOf": [{"type": "string"}, {"type": "string", "pattern": "a"}]}, "oneOf"),
        ({"pattern": "^(?!.*abc)a"}, "regex"),
        ({"pattern": "^(?!a)b|c"}, "regex"),
        ({"pattern": "^(?!a)b(?!c)"}, "regex"),
        ({"pattern": "^(?!a|b)c"}, "regex"),
        ({"pattern": "^(?!a)(b"}, "regex"),
        ({"allOf": [A_AND_B], "unevaluatedProperties": False, "anyOf": [{}]}, "unevaluatedProperties"),
        ({"$defs": {"x": {"$dynamicAnchor": "y"}}, "$dynamicRef": "#y"}, "dynamicRef"),
        # These values are no schemas
        ({"not": {"required": "a"}}, "not"),
        ({"not": {"type": [1]}}, "not"),
        ({"not": 3}, "not"),
        ({"if": {"properties": 1}, "then": {}}, "if"),
        ({"dependentRequired": 3}, "dependentRequired"),
        ({"dependentSchemas": {"a": 3}}, "dependentSchemas"),
        ({"oneOf": 3}, "oneOf"),
        ({"propertyNames": {"enum": [1]}}, "propertyNames"),
    ],
    ids=lambda value: json.dumps(value)[:60],
)
def test_what_has_no_other_words_is_refused_by_name(schema: dict[str, Any], keyword: str) -> None:
    with pytest.raises(InvalidOption, match=keyword):
        Structure.json_schema(schema, "field").check()


def test_a_schema_that_grows_too_large_is_refused() -> None:
    schema: Any = {"type": "integer", "minimum": 1, "maximum": 2}
    for _ in range(40):
        schema = {"if": schema, "then": {"minimum": 0}, "else": {"maximum": 9}}
    with pytest.raises(InvalidOption, match="too large"):
        Structure.json_schema(schema, "field")
