"""Sampling parameters: only ``max_tokens`` is required, and every default means that the parameter is off."""

import msgspec
import torch

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.distribution import Distribution
from service.engine.sampling.logit_adjustments import apply_constraints, bias_and_penalties
from service.engine.scheduling.sequence import Sequence
from tests.engine.sampling.cases import random_logits


def test_only_max_tokens_is_required() -> None:
    fields = msgspec.structs.fields(SamplingParams)
    assert [field.name for field in fields if field.required] == ["max_tokens"]


def test_the_defaults_sample_from_the_model_s_own_distribution() -> None:
    logits = random_logits(1, 300)
    sequence = Sequence(Request(id="", prompt=(1, 2), generated=(3,), params=SamplingParams(max_tokens=9)))
    assert apply_constraints(logits, [sequence]) is logits
    with bias_and_penalties(before := logits.clone(), [sequence]):
        assert torch.equal(before, logits)
    weights = Distribution.from_params(logits, logits.amax(-1, keepdim=True), [sequence.params]).all_weights().double()
    torch.testing.assert_close(weights / weights.sum(), logits.double().softmax(-1), rtol=1e-5, atol=1e-12)
    assert sequence.finish_reason() is None


def test_defaults_are_not_sent() -> None:
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(SamplingParams(max_tokens=3))) == {"max_tokens": 3}
