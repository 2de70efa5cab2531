"""The number of guesses that gives the most tokens per second."""

import pytest

from service.engine.drafting.draft_plan import Prices, best_depth, continues, speed_of_copies


@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.8, 0.95, 1.0])
@pytest.mark.parametrize("guess", [0.01, 0.2, 0.33, 0.9])
def test_no_other_number_is_faster(share: float, guess: float) -> None:
    prices = Prices(step=1.0, proposed=0.03, guess=guess)

    def speed(count: int) -> float:
        return sum(share**number for number in range(count + 1)) / (1 + count * (0.03 + guess))

    best = best_depth(share, prices, 8)
    assert best.speed == pytest.approx(max(map(speed, range(9))))
    assert best.speed == pytest.approx(speed(best.guesses))


def test_guesses_that_cost_as_much_as_a_step_never_pay() -> None:
    assert best_depth(0.99, Prices(step=1.0, proposed=0.0, guess=1.0), 8).guesses == 0


def test_copies_are_as_fast_as_their_best_number() -> None:
    prices = Prices(step=1.0, proposed=0.1, guess=0.3)
    assert speed_of_copies((), prices) == 1.0
    assert speed_of_copies((0.9, 0.8, 0.01), prices) == pytest.approx(2.7 / 1.2)
    assert speed_of_copies((0.05,), prices) == 1.0


def test_a_guess_behind_unlikely_ones_does_not_pay() -> None:
    prices = Prices(step=1.0, proposed=0.05, guess=0.25)
    assert continues(0.9, 0.8, speed=1.5, prices=prices)
    assert not continues(0.5, 0.8, speed=1.5, prices=prices)
