"""The fit of the confidence to translations that were read."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.quality import readings
from benchmarks.quality.confidence_fit import fit, fit_confidence, probabilities
from benchmarks.quality.readings import load_readings
from service.tasks.translation.quality.confidence import COEFFICIENTS


def test_the_fit_finds_what_makes_an_outcome_likely() -> None:
    random = np.random.default_rng(0)
    inputs = random.normal(size=(2000, 2))
    outcomes = random.random(2000) < 1 / (1 + np.exp(-(2 * inputs[:, 0] - 1)))
    assert fit(inputs, outcomes)[:-1] == pytest.approx([2, 0], abs=0.25)


def test_few_of_the_false_outcomes_are_likely() -> None:
    random = np.random.default_rng(1)
    inputs = random.normal(size=(1000, 1))
    outcomes = random.random(1000) < 0.8
    likely = probabilities(fit(inputs, outcomes), inputs) > 0.5
    assert likely[~outcomes].mean() == pytest.approx(0.08, abs=0.01)


def test_the_readings_are_those_of_lines_of_the_corpora(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row for row in readings.read_rows() if row["line"] <= 4]
    monkeypatch.setattr(readings, "read_rows", lambda: rows)
    loaded = load_readings(data)
    assert len(loaded) == len(rows) > 0
    assert all(each.source and each.least <= each.score <= 0 for each in loaded)


def test_the_fit_prints_its_coefficients_and_what_they_are_worth(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row | {"line": 1 + place % 4} for place, row in enumerate(readings.read_rows()[::8])]
    monkeypatch.setattr(readings, "read_rows", lambda: rows)
    text, table = fit_confidence(data)
    numbers = text.splitlines()[0].partition(": ")[2].split(", ")
    assert len(numbers) == len(COEFFICIENTS) + 1
    assert table.row_count == 5
