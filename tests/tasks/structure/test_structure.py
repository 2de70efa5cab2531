"""Schemas that come again are read once."""

import pytest

from service.errors import InvalidOption
from service.tasks.structure import structure
from service.tasks.structure.structure import Structure


def test_a_schema_that_comes_again_is_read_once() -> None:
    """Its errors are not remembered, and name the field of each request."""
    schema = {"type": "object", "properties": {"again": {"type": "string"}}, "required": ["again"]}
    first = Structure.json_schema(schema, "a").check()
    before = structure._remembered_schema.cache_info().hits, structure._remembered_validation.cache_info().hits
    assert Structure.json_schema(dict(schema), "a").check() == first
    after = structure._remembered_schema.cache_info().hits, structure._remembered_validation.cache_info().hits
    assert after == (before[0] + 1, before[1] + 1)
    for param in ("a", "b"):
        with pytest.raises(InvalidOption, match=f"^{param}: "):
            Structure.json_schema({"type": "array", "unevaluatedItems": False, "contains": {}}, param).check()
