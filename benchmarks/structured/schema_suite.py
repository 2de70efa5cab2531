"""How much of the JSON Schema Test Suite is obeyed: ``python -m benchmarks.structured.schema_suite FOLDER``.

FOLDER is ``tests/draft2020-12`` of a checkout of github.com/json-schema-org/JSON-Schema-Test-Suite (MIT licence).
"""

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
from llguidance import LLMatcher, LLTokenizer

from service.engine.protocol.grammar_limits import parser_limits
from service.errors import InvalidOption
from service.tasks.structure.arguments import arguments_schema
from service.tasks.structure.structure import Structure

_WALKS = 3
_MOST_BYTES = 250
_BYTES = 256
_ROWS = {
    "schemas": "schemas",
    "obeyed": "obeyed",
    "empty": "no value is valid, and the grammar has no text",
    "refused": "refused by name",
    "best effort": "of these, best effort in tools that are not strict",
    "walks": "random texts under the mask",
    "walks valid": "of these, valid",
    "invalid": "invalid values of the obeyed schemas",
    "invalid allowed": "of these, allowed by the mask",
    "valid": "valid values of the obeyed schemas",
    "valid allowed": "of these, allowed by the mask",
}


def run(folder: Path) -> Counter[str]:
    """The counts of ``_ROWS``, for all schemas of the suite in this folder."""
    tokens, counts = LLTokenizer("byte"), Counter[str]()
    for file in sorted(folder.glob("*.json")):
        for group in json.loads(file.read_text(encoding="utf-8")):
            counts.update(_of_group(group, tokens))
    return counts


def _of_group(group: Mapping[str, Any], tokens: LLTokenizer) -> Iterator[str]:
    schema = group["schema"]
    yield "schemas"
    try:
        source = Structure.json_schema(schema, "schema").check().source
    except InvalidOption as error:
        if "Unsatisfiable" in str(error) and not any(test["valid"] for test in group["tests"]):
            yield "empty"
            return
        yield "refused"
        if _is_best_effort(schema):
            yield "best effort"
        return
    yield "obeyed"
    for seed in range(_WALKS):
        if (text := _walk(source, tokens, seed)) is not None:
            try:
                is_valid = jsonschema.Draft202012Validator(schema).is_valid(json.loads(text))
            except re.error:  # Python's expressions have no classes of Unicode
                continue
            yield "walks"
            if is_valid:
                yield "walks valid"
    for test in group["tests"]:
        kind = "valid" if test["valid"] else "invalid"
        yield kind
        if _allows(source, tokens, json.dumps(test["data"])):
            yield f"{kind} allowed"


def _is_best_effort(schema: Any) -> bool:
    try:
        return isinstance(schema, dict) and bool(arguments_schema(schema, "schema", strict=False).left_out)
    except InvalidOption:
        return False


def _matcher(source: str, tokens: LLTokenizer) -> LLMatcher:
    return LLMatcher(tokens, source, log_level=0, limits=parser_limits())


def _walk(source: str, tokens: LLTokenizer, seed: int) -> str | None:
    """A text of random bytes that the grammar allows; None if it is not whole after the most bytes."""
    matcher, draw, text = _matcher(source, tokens), random.Random(seed), bytearray()
    while len(text) < _MOST_BYTES:
        if matcher.is_stopped() or (matcher.is_accepting() and draw.random() < 0.4):
            return text.decode()
        bits = np.unpackbits(np.frombuffer(matcher.compute_bitmask(), np.uint8), bitorder="little")
        text.append(draw.choice(np.flatnonzero(bits[:_BYTES]).tolist()))
        matcher.consume_token(text[-1])
    return None


def _allows(source: str, tokens: LLTokenizer, text: str) -> bool:
    matcher = _matcher(source, tokens)
    return matcher.consume_tokens(list(text.encode())) and matcher.is_accepting()


def table(counts: Counter[str]) -> str:
    """The counts in Markdown."""
    return "\n".join(["| | |", "|---|---|", *(f"| {words} | {counts[row]} |" for row, words in _ROWS.items())])


if __name__ == "__main__":
    print(table(run(Path(sys.argv[1]))))
