"""The candidates of beams: the best log probabilities, after adjustments that change these and not the logits."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from transformers.generation.logits_process import RepetitionPenaltyLogitsProcessor

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.transcript_rules import TranscriptRules
from service.engine.sampling.sampler import Sampler
from service.engine.sampling.selection import top_k_ids
from service.models.native import kernels
from service.models.native.kernel_model import KernelModel
from tests.engine.constrained import constrained
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


@pytest.mark.parametrize(("vocab_size", "count"), [(700, 6), (70001, 9), (5, 5), (16, 1)])
def test_the_kernels_find_the_same_candidates(vocab_size: int, count: int) -> None:
    """Among equal logits those with the lower ids; large and small logits; rows that are no numbers."""
    model = kernel_model()
    logits = random_logits(9, vocab_size) * torch.tensor([1, 20, 0.01] * 3).unsqueeze(1)
    logits[1] = logits[1].round()
    logits[3, 1:] = -math.inf
    logits[4, ::2] = logits[5, 1::2] = -math.inf
    logits[6, -1], logits[7, 0], logits[8] = math.nan, math.inf, -math.inf
    ids, values = model.find_likeliest(logits, count)
    logprobs = logits[:6].double().log_softmax(-1).float()
    torch.testing.assert_close(values[:6], logprobs.gather(1, top_k_ids(logits[:6], count)), rtol=1e-5, atol=2e-6)
    possible = values[:6] > -math.inf
    assert torch.equal(ids[:6][possible], top_k_ids(logits[:6], count)[possible])
    assert values[6:].isnan().all()


def test_rows_that_something_changes_are_computed_apart() -> None:
    logits = random_logits(6, 700)
    params: list[dict[str, Any]] = [{}, {"logit_bias": {9: 50.0}}, {"min_tokens": 2, "stop_token_ids": (7,)}, {}]
    params += [{"allowed_token_ids": (1, 2)}, {"no_repeat_ngram_size": 1, "prompt": (3, 4)}]
    places = [make_sequence(beams=BEAMS, **each) for each in params]
    for one, other in zip(
        Sampler(700, CPU, kernel_model().find_likeliest).sample(logits, places),
        Sampler(700, CPU).sample(logits, places),
        strict=True,
    ):
        assert one.candidates is not None
        assert other.candidates is not None
        assert one.candidates.tokens.tolist() == other.candidates.tokens.tolist()
        np.testing.assert_allclose(one.candidates.logprobs, other.candidates.logprobs, rtol=1e-5)


def test_constraints_lie_between_two_passes_of_the_kernels() -> None:
    rules = TranscriptRules(suppressed=(2, 7), suppressed_first=(1,), end=600, first_timestamp=602, latest_first=620)
    params = SamplingParams(max_tokens=100, temperature=0.0, beams=BEAMS, constraint=rules)
    texts = [(), (602,), (602, 3, 4), (602, 3, 611), (602, 3, 611, 611, 4), (5,), (5,), (5,)]
    places = [constrained(Request(id="", prompt=(1,), generated=tokens, params=params)) for tokens in texts]
    places.insert(4, make_sequence(beams=BEAMS))
    logits = random_logits(len(places), 700)
    logits[3, 602:] += 9  # timestamps are likelier than any text
    logits[6, 8], logits[7, 2], logits[8, 3:700] = math.inf, math.nan, -math.inf
    before = logits.clone()
    found = Sampler(700, CPU, kernel_model().find_likeliest).sample(logits, places)
    assert torch.equal(logits.nan_to_num(1.0), before.nan_to_num(1.0))
    expected = Sampler(700, CPU).sample(logits, places)
    assert [each.error for each in found] == [each.error for each in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one.candidates is None) == (other.candidates is None)
        if one.candidates is not None and other.candidates is not None:
            assert one.candidates.tokens.tolist() == other.candidates.tokens.tolist()
            np.testing.assert_allclose(one.candidates.logprobs, other.candidates.logprobs, rtol=1e-5)
    assert found[3].candidates is not None
    assert min(found[3].candidates.tokens) >= 602


def kernel_model() -> KernelModel:
    if kernels.load() is None:
        pytest.skip("there is no compiler, or no AVX2")
    return KernelModel(64, block_size=0, architecture="none", dtype=torch.float32, threads=2)


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
