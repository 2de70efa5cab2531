"""The candidates of beams: the best log probabilities, after adjustments that change these and not the logits."""

import math

import pytest
import torch
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

from service.engine.protocol.beam_params import BeamParams
from service.engine.sampling.sampler import Sampler
from tests.engine.sampling.cases import CPU, make_sequence, random_logits

BEAMS = BeamParams(num_beams=3)


def test_candidates_are_the_best_log_probabilities() -> None:
    logits = random_logits(4, 700)
    before = logits.clone()
    places = [
        make_sequence(beams=BEAMS),
        make_sequence(temperature=1.0, seed=3),
        make_sequence(beams=BEAMS, stop_token_ids=(7, 8), min_tokens=2, logit_bias={9: 50.0}),
        make_sequence(beams=BEAMS, prompt=(5, 6, 5), repetition_penalty=1.5, no_repeat_ngram_size=2),
    ]
    found = Sampler(700, CPU).sample(logits, places)
    assert torch.equal(logits, before)
    assert found[1] == Sampler(700, CPU).sample(logits[1:2], places[1:2])[0]
    due = logits.log_softmax(-1)
    due[2, 7:9] = -math.inf
    due[2, 9] += 50
    due[3] = RepetitionPenaltyLogitsProcessor(1.5)(torch.tensor([[5, 6, 5]]), due[3:4])[0]
    due[3, 6] = -math.inf
    for row, count in ((0, 6), (2, 9), (3, 6)):
        candidates = found[row].candidates
        assert candidates is not None
        values, tokens = due[row].topk(count)
        assert candidates.tokens.tolist() == tokens.tolist()
        torch.testing.assert_close(torch.from_numpy(candidates.logprobs), values)


def test_impossible_tokens_are_no_candidates() -> None:
    few = make_sequence(beams=BEAMS, allowed_token_ids=(4, 2))
    (found,) = Sampler(30, CPU).sample(torch.zeros(1, 30), [few])
    assert found.candidates is not None
    assert found.candidates.tokens.tolist() == [2, 4]
    assert not found.error


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_row_that_is_not_finite_is_an_error(broken: float) -> None:
    logits = torch.zeros(2, 30)
    logits[1, 17] = broken
    fine, bad = Sampler(30, CPU).sample(logits, [make_sequence(beams=BEAMS)] * 2)
    assert (fine.error, bad.candidates) == ("", None)
    assert "not finite" in bad.error
