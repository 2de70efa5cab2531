"""Confidence: what raises and what lowers it."""

import math

import pytest

from service.tasks.translation.quality.confidence import COEFFICIENTS, confidence, features
from service.tasks.translation.quality.flags import Flag

SOURCE, TRANSLATION = "Where is the train station?", "Où est la gare ?"


def of(
    score: float = -0.2,
    least: float = -0.8,
    tokens: int = 6,
    flags: tuple[Flag, ...] = (),
    translation: str = TRANSLATION,
) -> float:
    return confidence(SOURCE, translation, score=score, least=least, num_tokens=tokens, flags=flags)


def test_a_sure_translation_is_trusted_and_an_unsure_one_is_doubtful() -> None:
    assert of() > 0.6
    assert of(score=-1.5, least=-4.0, tokens=12) < 0.3


@pytest.mark.parametrize(
    "worse",
    [
        of(score=-0.8),
        of(least=-2.5),
        of(tokens=11),
        of(flags=(Flag.QUESTION,)),
        confidence(SOURCE * 4, TRANSLATION * 4, score=-0.2, least=-0.8, num_tokens=24, flags=()),
    ],
    ids=["surprise", "a surprising token", "broken words", "flag", "length"],
)
def test_each_doubt_lowers_the_confidence(worse: float) -> None:
    assert 0 < worse < of()


@pytest.mark.parametrize("flag", [Flag.COPIED, Flag.ANSWERED, Flag.LANGUAGE, Flag.REPETITION, Flag.EMPTY])
def test_a_severe_flag_makes_any_translation_doubtful(flag: Flag) -> None:
    assert of(score=0.0, least=0.0, flags=(flag,)) < 0.5


def test_a_retry_is_no_doubt() -> None:
    assert of(flags=(Flag.RETRIED,)) == of()


@pytest.mark.parametrize("score", [0.0, -1e9, -math.inf])
def test_features_are_bounded(score: float) -> None:
    values = features("a" * 10_000, "", score=score, least=score, num_tokens=10_000, flags=tuple(Flag))
    assert len(values) == len(COEFFICIENTS)
    assert all(0 <= value < 10 for value in values)
