"""What one round of structured requests gave."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import jsonschema

from benchmarks.serving.client import Trace


@dataclass(frozen=True, slots=True)
class Validity:
    """How many outputs of a round validate. Those that the token limit cut off do not count."""

    valid: int
    invalid: int
    cut: int

    @classmethod
    def of(cls, traces: Sequence[Trace], schemas: Sequence[dict[str, Any]], limit: int) -> "Validity":
        """``limit`` is the most tokens of an output."""
        results = [
            "cut" if trace.tokens >= limit else "valid" if _validates(trace.text, schema) else "invalid"
            for trace, schema in zip(traces, schemas, strict=True)
            if not trace.error
        ]
        return cls(results.count("valid"), results.count("invalid"), results.count("cut"))


def _validates(text: str, schema: dict[str, Any]) -> bool:
    try:
        jsonschema.validate(json.loads(text), schema)
    except (ValueError, jsonschema.ValidationError):
        return False
    return True
