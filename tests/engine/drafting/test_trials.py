"""Trials are frequent at first and rare later, and rarer after each one in vain."""

from service.engine.drafting.trials import Trials


def steps_to_trial(trials: Trials) -> int:
    return next(number for number in range(1, 10_000) if trials.num_sequences())


def test_the_first_steps_are_trials() -> None:
    trials = Trials()
    count = 0
    while trials.is_first:
        assert trials.num_sequences() > 1
        count += 1
    assert 1 < count < 20


def test_later_trials_are_of_one_sequence_and_become_rarer() -> None:
    trials = Trials()
    while trials.is_first:
        trials.num_sequences()
    found = [steps_to_trial(trials) for _ in range(8)]
    assert found == [256, 512, 1024, 2048, 4096, 4096, 4096, 4096]
    trials.succeeded()
    assert steps_to_trial(trials) == 256
