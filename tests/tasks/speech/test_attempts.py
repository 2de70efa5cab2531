"""Attempts to decode a window."""

import math

from service.tasks.speech.attempts import Attempt, best


def attempt(*logprobs: float, text: str = "It rains.", temperature: float = 0.0) -> Attempt:
    return Attempt((1, 2), sum(logprobs) / len(logprobs) if logprobs else -math.inf, text, temperature)


def test_unlikely_and_repeated_texts_are_doubtful() -> None:
    assert not attempt(-0.5, -1.4).is_doubtful
    assert attempt(-0.5, -1.6).is_doubtful
    assert attempt(-0.1, text="la la " * 40).is_doubtful
    assert attempt().is_doubtful


def test_the_best_of_doubtful_attempts_is_the_likeliest_that_does_not_repeat_itself() -> None:
    repeated = attempt(-0.1, text="la la " * 40)
    attempts = [repeated, attempt(-3.0), attempt(-2.0), attempt(-2.0, temperature=1.0)]
    assert best(attempts) is attempts[2]
    assert best([repeated]) is repeated
