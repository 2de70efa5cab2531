"""Fits the coefficients of the confidence of translations to the results of the task ``flags``."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.calibration import area_under_curve, calibration_error
from service.tasks.translation.quality.confidence import features

_PENALTY = 1.0  # of squared coefficients, without the intercept
_STEPS = 50


def fit_confidence(path: Path) -> str:
    """The coefficients and the intercept of one half of the translations, and how good they are on the other half."""
    results = json.loads(path.read_text(encoding="utf-8"))["results"]
    items = [
        item for score in results if score["task"] == "flags" and score["data"] != "all" for item in score["items"]
    ]
    halves = [_rows(items[start::2]) for start in (0, 1)]
    coefficients = fit(*halves[0])
    inputs, outcomes = halves[1]
    chances = [float(chance) for chance in probabilities(coefficients, inputs)]
    area = area_under_curve(chances, [bool(each) for each in outcomes])
    error = calibration_error(chances, [bool(each) for each in outcomes])
    numbers = ", ".join(f"{value:.2f}" for value in coefficients)
    shown = "-" if area is None else f"{area:.2f}"
    return f"COEFFICIENTS and INTERCEPT: {numbers}\nthe other half: AUC {shown}, calibration error {error:.2f}"


def fit(inputs: NDArray[np.float64], outcomes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Logistic regression by Newton's method. ``inputs`` is (n, k) and ``outcomes`` (n,); the intercept comes last."""
    rows = _with_constant(inputs)
    penalty = np.full(rows.shape[1], _PENALTY)
    penalty[-1] = 1e-6
    coefficients = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chances = probabilities(coefficients, inputs)
        gradient = rows.T @ (chances - outcomes) + penalty * coefficients
        curvature = (rows * (chances * (1 - chances))[:, None]).T @ rows + np.diag(penalty)
        coefficients = coefficients - np.linalg.solve(curvature, gradient)
    return coefficients


def probabilities(coefficients: NDArray[np.float64], inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probability of each row of ``inputs`` to be true."""
    chances: NDArray[np.float64] = 1 / (1 + np.exp(-(_with_constant(inputs) @ coefficients)))
    return chances


def _with_constant(inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([inputs, np.ones((len(inputs), 1))])


def _rows(items: list[dict[str, Any]]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The features and the outcome of each segment. A segment is unusable if the sentence around it is."""
    rows = [
        (
            features(
                segment["source"],
                segment["text"],
                score=segment["score"],
                num_tokens=segment["tokens"] + 1,  # the end of the text is a token too
                flags=segment["flags"],
            ),
            float(item["unusable"]),
        )
        for item in items
        for segment in item["segments"]
        if segment["score"] is not None and segment["tokens"] is not None
    ]
    return np.array([row for row, _ in rows]), np.array([outcome for _, outcome in rows])
