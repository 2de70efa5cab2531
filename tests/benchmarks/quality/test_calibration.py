"""Calibration of probabilities."""

import pytest

from benchmarks.quality.calibration import area_under_curve, calibration_error


def test_calibration_error_and_area_under_the_curve() -> None:
    assert calibration_error([1.0, 0.0], [True, False]) == 0
    assert calibration_error([1.0, 0.0], [False, True]) == 1
    assert calibration_error([0.72, 0.78, 0.15], [True, False, False]) == pytest.approx((2 * 0.25 + 0.15) / 3)
    assert area_under_curve([0.9, 0.8, 0.1], [True, True, False]) == 1
    assert area_under_curve([0.9, 0.5, 0.5], [False, True, False]) == pytest.approx(0.25)
    assert area_under_curve([0.9], [True]) is None
