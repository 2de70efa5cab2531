"""The whole benchmark on the real routes."""

import json
from pathlib import Path

import pytest

from benchmarks.quality.benchmark import TASKS, measure
from benchmarks.quality.quac import QUAC
from benchmarks.report import files
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


@pytest.mark.slow
def test_all_tasks_are_measured_and_written(data: Path, results: Path) -> None:
    """The scripted engine gives the same text for every prompt."""
    answers = "possible answers for question1:\nred\npossible answers for question2:\nred"
    line = {"passage": "It is red.", "question": "question1: What?\nquestion2: Why?", "answer": answers}
    (data / QUAC).write_text(json.dumps(line), encoding="utf-8")
    with scripted_service(ScriptedEngine(text="red 1"), strict_params=True) as service:
        found = measure("", service.url, data, TASKS, sample=2, in_flight=4)
    assert {score.task for score in found} == set(TASKS)
    assert all(score.failed == 0 for score in found)
    assert all(score.figures.get("silently lost", 0) in (0, None) for score in found)
    english = found[0]
    assert (english.data, english.way, english.count) == ("XQuAD en", "naive", 2)
    assert english.figures["F1 %"] == pytest.approx(50.0)  # "red 0" and "red 2"
    [path] = results.iterdir()
    written = json.loads(path.read_text(encoding="utf-8"))["results"]
    assert [each["way"] for each in written] == [score.way for score in found]
    assert written[0]["items"][0]["given"] == "red 1"
