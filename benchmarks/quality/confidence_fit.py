"""Fits the coefficients of the confidence of translations to the readings, and shows what they are worth."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.quality.calibration import area_under_curve
from benchmarks.quality.doubts import is_unusable
from benchmarks.quality.readings import Reading, load_readings
from benchmarks.quality.scores import percent
from benchmarks.report.tables import format_number, numeric_table
from service.tasks.text.languages import find_language
from service.tasks.translation import Detector, Flag
from service.tasks.translation.quality import guard
from service.tasks.translation.quality.confidence import confidence, features

_FALSE_ALARMS = 0.08  # share of the usable translations that may be doubtful
_PENALTY = 1.0  # of squared coefficients, without the intercept
_STEPS = 50

Matrix = NDArray[np.float64]
Judge = NDArray[np.bool_]


def fit_confidence(data: Path) -> tuple[str, Table]:
    """The coefficients and the intercept of all readings, and the table of how good a fit to one half is on the other.

    The table counts against our reading and against chrF. Its last row is a perfect reader: who doubts what we read as
    unusable, and nothing else.
    """
    readings = load_readings(data)
    flags = asyncio.run(_find_flags(readings))
    inputs, unusable = _rows(readings, flags), np.array([not each.is_usable for each in readings])
    distant = np.array([is_unusable(each.text, each.reference, each.languages[1]) for each in readings])
    halves = [np.arange(len(readings)) % 2 == half for half in (0, 1)]
    chances = np.zeros(len(readings))
    for half, other in (halves, halves[::-1]):
        chances[other] = probabilities(fit(inputs[half], unusable[half]), inputs[other])
    flagged = np.array([bool(each) for each in flags])
    own = np.array([_own_confidence(each, found) for each, found in zip(readings, flags, strict=True)]) < 0.5
    table = numeric_table(
        "doubtful", "unusable", "usable", "chrF: unusable", "chrF: rest", labels=1, title="caught and false, %"
    )
    for name, doubtful in {
        "flags": flagged,
        "confidence, fitted to the other half": chances > 0.5,
        "both": flagged | (chances > 0.5),
        "both, as the service has them": flagged | own,
        "a perfect reader": unusable,
    }.items():
        shares = [
            percent(map(bool, doubtful[judged == wanted])) for judged in (unusable, distant) for wanted in (True, False)
        ]
        table.add_row(name, *map(format_number, shares))
    areas = [area_under_curve(list(map(float, chances)), list(map(bool, judged))) for judged in (unusable, distant)]
    numbers = ", ".join(f"{value:.2f}" for value in fit(inputs, unusable))
    shown = ", ".join("-" if area is None else f"{area:.2f}" for area in areas)
    return f"COEFFICIENTS and INTERCEPT: {numbers}\nAUC by reading and by chrF: {shown}", table


def fit(inputs: Matrix, outcomes: Judge) -> Matrix:
    """Logistic regression by Newton's method. ``inputs`` is (n, k) and ``outcomes`` (n,); the intercept comes last.

    The intercept is moved so that few of the false outcomes have a probability above one half.
    """
    rows = _with_constant(inputs)
    penalty = np.full(rows.shape[1], _PENALTY)
    penalty[-1] = 1e-6
    coefficients = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        chances = probabilities(coefficients, inputs)
        gradient = rows.T @ (chances - outcomes) + penalty * coefficients
        curvature = (rows * (chances * (1 - chances))[:, None]).T @ rows + np.diag(penalty)
        coefficients = coefficients - np.linalg.solve(curvature, gradient)
    log_odds = rows @ coefficients
    coefficients[-1] -= np.quantile(log_odds[~outcomes], 1 - _FALSE_ALARMS)
    return coefficients


def probabilities(coefficients: Matrix, inputs: Matrix) -> Matrix:
    """The probability of each row of ``inputs`` to be true."""
    chances: Matrix = 1 / (1 + np.exp(-(_with_constant(inputs) @ coefficients)))
    return chances


def _with_constant(inputs: Matrix) -> Matrix:
    return np.hstack([inputs, np.ones((len(inputs), 1))])


def _rows(readings: Sequence[Reading], flags: Sequence[tuple[Flag, ...]]) -> Matrix:
    return np.array(
        [
            features(each.source, each.text, score=each.score, least=each.least, num_tokens=each.tokens, flags=found)
            for each, found in zip(readings, flags, strict=True)
        ]
    )


def _own_confidence(reading: Reading, flags: tuple[Flag, ...]) -> float:
    return confidence(
        reading.source,
        reading.text,
        score=reading.score,
        least=reading.least,
        num_tokens=reading.tokens,
        flags=flags,
    )


async def _find_flags(readings: Sequence[Reading]) -> list[tuple[Flag, ...]]:
    detector = Detector()
    await detector.load()
    found = []
    for each in readings:
        source, target = map(find_language, each.languages)
        found.append(guard.check(each.source, each.text, source_language=source, target=target, detect=detector.detect))
    return found
