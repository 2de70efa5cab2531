"""Distributions against their definition and against the processors of transformers."""

from itertools import product
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers.generation.logits_process import (
    LogitsProcessor,
    MinPLogitsWarper,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from service.engine.sampling.distribution import Distribution
from tests.engine.sampling.cases import exact_probabilities, make_sequence, random_logits

FILTERS: list[dict[str, Any]] = [
    {"temperature": t, "top_k": k, "top_p": p, "min_p": m}
    for t, k, p, m in product((0.3, 1.0, 2.5), (0, 2, 17), (0.2, 0.9, 1.0), (0.0, 0.08))
]


def probabilities(logits: Tensor, **params: Any) -> list[Tensor]:
    """One row's distribution by each method that can compute it: [V] float64 each."""
    row = logits.unsqueeze(0)
    distribution = Distribution.from_params(row, row.amax(-1, keepdim=True), [make_sequence(**params).params])
    ways = [distribution.all_weights()[0].double()]
    if 0 < params.get("top_k", 0) <= row.shape[-1]:
        ids, weights = distribution.top_weights(params["top_k"])
        ways.append(torch.zeros_like(ways[0]).scatter_(0, ids[0], weights[0].double()))
    if not params.get("top_k") and params.get("top_p", 1.0) < 1 and (nucleus := distribution.nucleus_weights()):
        ways.append(torch.zeros_like(ways[0]).scatter_(0, nucleus[0][0], nucleus[1][0].double()))
    return [way / way.sum() for way in ways]


@pytest.mark.parametrize("vocab_size", [37, 3001])
def test_filters_keep_what_transformers_keeps(vocab_size: int) -> None:
    logits = random_logits(1, vocab_size)
    for params in FILTERS:
        warpers: list[LogitsProcessor] = [TemperatureLogitsWarper(params["temperature"])]
        if params["top_k"]:
            warpers.append(TopKLogitsWarper(params["top_k"]))
        if params["top_p"] < 1:
            warpers.append(TopPLogitsWarper(params["top_p"]))
        if params["min_p"]:
            warpers.append(MinPLogitsWarper(params["min_p"]))
        scores = logits.double()
        for warper in warpers:
            scores = warper(torch.empty(1, 0, dtype=torch.long), scores)
        theirs = scores[0].softmax(-1)
        for ours in probabilities(logits[0], **params):
            assert torch.equal(ours > 1e-11, theirs > 1e-11), params
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("top_k", [0, 1, 9, 1024, 1025, 4999, 5000, 9000])
def test_filters_on_logits_full_of_ties(top_k: int) -> None:
    """bfloat16 logits over a large vocabulary have hundreds of equal values: lower ids come first."""
    for spread, top_p, min_p in product((0.0, 0.1, 3.0), (1e-9, 0.5, 0.97, 1.0), (0.0, 0.3)):
        logits = random_logits(1, 5000, spread=spread)[0].bfloat16().float()
        params: dict[str, Any] = {"temperature": 0.7, "top_k": top_k, "top_p": top_p, "min_p": min_p}
        due = exact_probabilities(logits, **params)
        for ours in probabilities(logits, **params):
            # If a share is reached to the last bit, rounding decides about one token.
            slack = 1 if top_p < 1 else 0
            assert int(((ours > 1e-11) != (due > 1e-11)).sum()) <= slack, params
            assert float((ours - due).abs().sum()) < 1e-5 + 3 * slack / int((due > 0).sum()), params


def test_a_nucleus_is_the_same_to_the_bit_by_the_best_tokens_and_by_all() -> None:
    """In rows that keep one token, some hundreds, and more than are ever sorted."""
    widths = []
    for spread, top_p in product((0.0, 0.5, 2.0, 8.0), (1e-9, 0.3, 0.9, 0.999)):
        logits = random_logits(2, 20_000, spread=spread).bfloat16().float()
        params = [make_sequence(temperature=1.0, top_p=top_p, min_p=min_p).params for min_p in (0.0, 0.1)]
        distribution = Distribution.from_params(logits, logits.amax(-1, keepdim=True), params)
        if (nucleus := distribution.nucleus_weights()) is None:
            widths.append(0)
        else:
            ids, weights = nucleus
            widths.append(ids.shape[1])
            assert torch.equal(torch.zeros_like(logits).long().scatter_(1, ids, weights), distribution.all_weights())
    assert set(widths) == {0, 64, 512, 4096}


def test_positive_and_negative_zero_are_equal() -> None:
    logits = torch.tensor([-0.0, 0.0, -0.0, 0.0])
    for ours in probabilities(logits, temperature=1.0, top_k=2):
        assert ours.tolist() == [0.5, 0.5, 0, 0]


def test_weights_are_the_same_bits_with_any_other_rows() -> None:
    crowd = [make_sequence(temperature=0.6 + n / 50, top_p=0.5 + n / 100, top_k=3 + n).params for n in range(48)]
    logits = random_logits(48, 50257)
    peaks = logits.amax(-1, keepdim=True)
    together = Distribution.from_params(logits, peaks, crowd).all_weights()
    for n in (0, 1, 20, 47):
        alone = Distribution.from_params(logits[n : n + 1], peaks[n : n + 1], crowd[n : n + 1]).all_weights()
        assert torch.equal(alone[0], together[n])
