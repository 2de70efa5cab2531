"""What one round of structured requests gave."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema

from benchmarks.serving.client import Trace


@dataclass(frozen=True, slots=True)
class Validity:
    """How many whole outputs validate. The token limit cut some off, and some requests failed: they have no output."""

    valid: int
    invalid: int
    cut: int
    failed: int

    def __add__(self, other: "Validity") -> "Validity":
        return Validity(
            self.valid + other.valid,
            self.invalid + other.invalid,
            self.cut + other.cut,
            self.failed + other.failed,
        )

    @classmethod
    def of(cls, traces: Sequence[Trace], schemas: Sequence[dict[str, Any]], limit: int) -> "Validity":
        """``limit`` is the most tokens of an output."""
        results = [_result(trace, schema, limit) for trace, schema in zip(traces, schemas, strict=True)]
        return cls(*(results.count(kind) for kind in ("valid", "invalid", "cut", "failed")))


def _result(trace: Trace, schema: dict[str, Any], limit: int) -> str:
    if trace.error:
        return "failed"
    if trace.tokens >= limit:
        return "cut"
    return "valid" if _validates(trace.text, schema) else "invalid"


def _validates(text: str, schema: dict[str, Any]) -> bool:
    try:
        jsonschema.validate(json.loads(text), schema)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True
