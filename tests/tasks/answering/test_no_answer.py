"""The probability of no answer."""

import pytest

from model_store.types import NoAnswer
from service.tasks.answering.no_answer import no_answer_probability


def test_equal_scores_are_a_probability_of_one_half() -> None:
    assert no_answer_probability(-3.0, -3.0, NoAnswer()) == 0.5


def test_a_difference_of_one_is_a_factor_of_e() -> None:
    probability = no_answer_probability(-1.0, -2.0, NoAnswer())
    assert probability / (1 - probability) == pytest.approx(2.718281828)


def test_calibration_shifts_and_scales_the_difference() -> None:
    assert no_answer_probability(0.0, -3.0, NoAnswer(offset=3.0)) == 0.5
    halved = no_answer_probability(2.0, 0.0, NoAnswer(temperature=2.0))
    assert halved == no_answer_probability(1.0, 0.0, NoAnswer())


@pytest.mark.parametrize(("evidence", "expected"), [(float("-inf"), 1.0), (-1e6, 1.0), (1e6, 0.0)])
def test_extreme_scores_do_not_overflow(evidence: float, expected: float) -> None:
    assert no_answer_probability(0.0, evidence, NoAnswer()) == pytest.approx(expected)
