"""Chances are what was measured, in the sequence itself and in others."""

import pytest

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.speculation.acceptance import Acceptance
from service.engine.speculation.speculation import MOST_PROPOSED, SharedAcceptance, Speculation

PARAMS = SamplingParams(max_tokens=100)


def request(*prompt: int, prediction: tuple[int, ...] = ()) -> Request:
    return Request(id="a", prompt=prompt, params=PARAMS, prediction=prediction)


def test_the_share_of_right_tokens_is_found_for_each_kind_of_match() -> None:
    acceptance = Acceptance(first_guess=0.5)
    assert acceptance.share(3) == acceptance.share(30) == 0.5
    for number in range(400):
        acceptance.observe(3, number % 4 == 0)
        acceptance.observe(30, right=True)
    assert acceptance.share(3) == pytest.approx(0.25, abs=0.03)
    assert acceptance.share(30) > 0.95


def test_other_sequences_are_believed_until_the_sequence_has_shown_itself() -> None:
    shared = Acceptance(first_guess=0.1)
    for _ in range(200):
        Acceptance(shared).observe(3, right=True)
    own = Acceptance(shared)
    assert own.share(3) > 0.9
    for _ in range(20):
        own.observe(3, right=False)
    assert own.share(3) < 0.25
    assert Acceptance(shared).share(3) > 0.8


def test_the_chances_of_more_tokens_are_smaller_and_never_more_than_the_limit() -> None:
    shared = SharedAcceptance()
    for strength in (3, 5, 9, 15, 25):
        for _ in range(1000):
            shared.repetition.observe(strength, right=True)
    speculation = Speculation(request(1), shared)
    tokens = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3]
    chances = speculation.chances(tokens, 4)
    assert len(chances) == 4
    assert chances == sorted(chances, reverse=True)
    assert speculation.proposal is not None
    assert speculation.proposal.tokens == (4, 5, 6, 7)
    assert len(speculation.chances(tokens, 10**6)) == MOST_PROPOSED
    assert speculation.chances(tokens, 0) == []


def test_the_chances_end_where_a_guess_is_not_worth_a_thought() -> None:
    speculation = Speculation(request(1), SharedAcceptance())
    assert speculation.chances([1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3], 4) == [pytest.approx(0.2)]  # the next has 0.04


def test_guesses_that_are_not_computed_are_observed_too() -> None:
    shared = SharedAcceptance()
    speculation = Speculation(request(1), shared)
    before = shared.repetition.share(3)
    tokens = [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3]
    speculation.chances(tokens, 4)
    speculation.observe([4])  # the step computed no guess and sampled one token
    assert shared.repetition.share(3) > before
    speculation.chances([*tokens, 4], 4)
    speculation.observe([5, 6, 9])  # two guesses were right, the third was wrong
    assert speculation.proposal is None
    speculation.observe([5])  # there is nothing to compare with
    assert shared.repetition.share(3) > before


def test_a_prediction_comes_first_and_repetition_helps_where_it_does_not() -> None:
    speculation = Speculation(request(1, prediction=(7, 8, 9)), SharedAcceptance())
    tokens = [1, 2, 3, 4, 5, 1, 2, 3]
    assert speculation.chances(tokens, 2)[0] > 0.5  # the client says so
    assert speculation.is_prediction
    speculation.observe([4])
    assert speculation.chances([*tokens, 4], 2)
    assert not speculation.is_prediction
    assert speculation.proposal is not None
    assert speculation.proposal.tokens == (5, 1)
