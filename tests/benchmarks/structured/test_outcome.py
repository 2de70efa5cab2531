"""The schemas of the benchmark are grammars, and outputs are counted as valid, invalid or cut."""

import pytest

from benchmarks.serving.client import Trace
from benchmarks.structured.outcome import Validity
from benchmarks.structured.schemas import load_schemas
from service.tasks.structure.structure import Structure


def test_there_are_twenty_schemas() -> None:
    assert len({prompt for prompt, _ in load_schemas()}) == 20


@pytest.mark.parametrize(("prompt", "schema"), load_schemas(), ids=lambda value: str(value)[:30])
async def test_a_schema_becomes_a_grammar(prompt: str, schema: dict[str, object]) -> None:
    assert await Structure.json_schema(schema, prompt).compile()


def test_outputs_are_counted() -> None:
    schema = {"type": "integer"}
    traces = [Trace(tokens=1, text="1"), Trace(tokens=1, text="x"), Trace(tokens=1, text="1.5")]
    traces += [Trace(tokens=9, text="1"), Trace(error="refused")]
    counted = Validity.of(traces, [schema] * 5, limit=9)
    assert counted == Validity(valid=1, invalid=2, cut=1, failed=1)
    assert counted + counted == Validity(valid=2, invalid=4, cut=2, failed=2)
