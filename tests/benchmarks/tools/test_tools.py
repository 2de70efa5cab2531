"""The benchmark of tools, on made-up questions in the leaderboard's form."""

import json
from pathlib import Path

import pytest

from benchmarks.quality.client import QualityClient
from benchmarks.tools.benchmark import score
from benchmarks.tools.calls import Call, are_right, is_valid
from benchmarks.tools.questions import CATEGORIES, ToolQuestion, as_json_schema, load_questions
from benchmarks.tools.ways import FREE, TRIVIUM, ways
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

FUNCTION = {
    "name": "travel.plan",
    "description": "Plan a journey.",
    "parameters": {
        "type": "dict",
        "properties": {
            "to": {"type": "string"},
            "days": {"type": "integer", "optional": True},
            "price": {"type": "float"},
            "stops": {"type": "tuple", "items": {"type": "dict", "properties": {"at": {"type": "any"}}}},
        },
        "required": ["to"],
    },
}
RIGHT = {
    "travel.plan": {
        "to": ["São Paulo", "Oslo"],
        "days": [3, ""],
        "price": [2.0, ""],
        "stops": [[{"at": ["x"]}], ""],
    }
}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "possible_answer").mkdir()
    for category, (file, has_calls) in CATEGORIES.items():
        ids = [f"{category}_{i}" for i in range(4)]
        asked = [{"role": "user", "content": "Where to?"}]
        lines = [json.dumps({"id": id, "question": [asked], "function": [FUNCTION]}) for id in ids]
        (tmp_path / file).write_text("\n".join(lines), encoding="utf-8")
        if has_calls:
            answers = [json.dumps({"id": id, "ground_truth": [RIGHT]}) for id in ids]
            (tmp_path / "possible_answer" / file).write_text("\n".join(answers), encoding="utf-8")
    return tmp_path


def question(data: Path, category: str = "simple") -> ToolQuestion:
    return load_questions(data, category, 1)[0]


def test_types_become_those_of_json_schema() -> None:
    schema = as_json_schema(FUNCTION["parameters"])  # type: ignore[arg-type]
    assert schema["type"] == "object"
    assert schema["additionalProperties"] is False
    assert schema["properties"]["days"] == {"type": "integer"}
    assert schema["properties"]["price"] == {"type": "number"}
    assert schema["properties"]["stops"]["type"] == "array"
    assert schema["properties"]["stops"]["items"]["properties"]["at"] == {}


@pytest.mark.parametrize(
    ("call", "right", "valid"),
    [
        (("travel.plan", '{"to": "são paulo"}'), True, True),
        (("travel.plan", '{"to": "Oslo", "days": 3, "price": 2, "stops": [{"at": "X"}]}'), True, True),
        (("travel.plan", '{"to": "Rome"}'), False, True),
        (("travel.plan", '{"days": 3}'), False, False),
        (("travel.plan", '{"to": "Oslo", "days": true}'), False, False),
        (("travel.plan", '{"to": "Oslo", "by": "sea"}'), False, False),
        (("travel.plan", '{"to": "Os'), False, False),
        (("travel", '{"to": "Oslo"}'), False, False),
    ],
)
def test_right_and_valid_calls(data: Path, call: Call, right: bool, valid: bool) -> None:
    assert are_right([call], question(data)) == right
    assert is_valid(call, question(data)) == valid


def test_all_right_calls_are_needed_and_no_others(data: Path) -> None:
    call = ("travel.plan", '{"to": "Oslo"}')
    assert not are_right([], question(data))
    assert not are_right([call, call], question(data))
    assert are_right([], question(data, "irrelevance"))
    assert not are_right([call], question(data, "irrelevance"))


def test_both_ways_read_the_same_text(data: Path) -> None:
    text = 'Sure.\n```json\n{"name": "travel.plan", "arguments": {"to": "Oslo"}}\n```'
    engine = ScriptedEngine(text=text)
    questions = load_questions(data, "simple", 3)
    with scripted_service(engine, strict_params=True) as service:
        client = QualityClient(service.url, 2)
        for name, way in ways(engine.tokenizer).items():
            found = score("simple", name, way, questions, way.ask(client, questions))
            assert (found.failed, found.errors, found.count) == (0, [], 3)
            assert found.figures == {"right %": 100.0, "calls": 3.0, "valid %": 100.0}
    with_tools, free = engine.requests[0].prompt, engine.requests[-1].prompt
    assert with_tools == free
    assert {TRIVIUM, FREE} == set(ways(engine.tokenizer))


def test_a_failed_request_is_wrong(data: Path) -> None:
    engine = ScriptedEngine(fails_at=0)
    questions = load_questions(data, "irrelevance", 2)
    with scripted_service(engine) as service:
        way = ways(engine.tokenizer)[TRIVIUM]
        found = score("irrelevance", TRIVIUM, way, questions, way.ask(QualityClient(service.url, 2), questions))
    assert found.failed == 2
    assert found.figures == {"right %": 0.0, "calls": 0.0, "valid %": None}
