"""The counts of the JSON Schema Test Suite, over a suite of a few schemas."""

import json
from pathlib import Path

from benchmarks.structured.schema_suite import run, table

GROUPS = [
    {
        "schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
        "tests": [
            {"data": {"a": 1}, "valid": True},
            {"data": {"b": 1}, "valid": True},  # objects are closed
            {"data": {"a": "1"}, "valid": False},
        ],
    },
    {"schema": {"uniqueItems": True}, "tests": [{"data": [1, 1], "valid": False}]},
    {"schema": {"$ref": "https://example.com"}, "tests": [{"data": 1, "valid": True}]},
    {"schema": False, "tests": [{"data": 1, "valid": False}]},
]


def test_it_counts(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(GROUPS), encoding="utf-8")
    counts = run(tmp_path)
    assert counts == {
        "schemas": 4,
        "obeyed": 1,
        "empty": 1,
        "refused": 2,
        "best effort": 1,
        "walks": counts["walks"],
        "walks valid": counts["walks"],
        "invalid": 1,
        "valid": 2,
        "valid allowed": 1,
    }
    assert "| of these, best effort in tools that are not strict | 1 |" in table(counts)
