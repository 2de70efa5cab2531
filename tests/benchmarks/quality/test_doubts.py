"""The task of flags, and the fit of the confidence to its results."""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality.client import QualityClient
from benchmarks.quality.confidence_fit import fit, fit_confidence, probabilities
from benchmarks.quality.doubts import measure_scores
from benchmarks.report import files
from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine


def test_unusable_translations_are_counted_with_their_doubts(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "RESULTS", tmp_path / "results")
    with scripted_service(ScriptedEngine(text="red 99"), strict_params=True) as service:
        scores = list(measure_scores(QualityClient(service.url, 4), data, 2))
    assert [score.data for score in scores][-1] == "all"
    assert sum(score.count for score in scores[:-1]) == scores[-1].count == 16
    assert scores[-1].figures["unusable %"] == 100
    assert scores[-1].figures["unusable: flagged %"] == 100  # the numbers differ
    assert all(segment["tokens"] > 0 for item in scores[-1].items for segment in item["segments"])
    assert "calibration error" in fit_confidence(files.write_results("quality", scores))


def test_the_fit_finds_what_makes_an_outcome_likely() -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2000, 2))
    outcomes = (random.random(2000) < 1 / (1 + np.exp(-(2 * inputs[:, 0] - 1)))).astype(float)
    coefficients = fit(inputs, outcomes)
    assert coefficients == pytest.approx([2, 0, -1], abs=0.25)
    assert probabilities(coefficients, inputs).mean() == pytest.approx(outcomes.mean(), abs=0.01)


def test_results_of_other_tasks_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    segment = {"source": "a", "text": "b", "score": -1.0, "tokens": 2, "flags": []}
    items = [{"unusable": place % 3 == 0, "segments": [segment]} for place in range(8)]
    scores = [{"task": "flags", "data": "x", "items": items}, {"task": "answers", "data": "x", "items": [{"id": "1"}]}]
    path.write_text(json.dumps({"results": scores}), encoding="utf-8")
    assert "COEFFICIENTS" in fit_confidence(path)
