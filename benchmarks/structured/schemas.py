"""Twenty schemas as programs send them, and what each one describes."""

import json
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("schemas.jsonl")


def load_schemas() -> list[tuple[str, dict[str, Any]]]:
    """For each schema a prompt that asks for such an object, and the schema."""
    lines = map(json.loads, _FILE.read_text(encoding="utf-8").splitlines())
    return [(f"Write {line['about']} as JSON, with invented values.\n\nJSON: ", line["schema"]) for line in lines]
