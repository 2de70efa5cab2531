"""The likelihood of a text is measured with the log probabilities of the serving engine."""

import math

import pytest

from benchmarks.quantization.likelihood import measure_likelihood
from benchmarks.quantization.model_variant import ModelVariant
from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from tests.engine.stepping import prompt

PASSAGES = [prompt(40, seed) for seed in range(3)]


def test_perplexity_comes_from_the_log_probabilities_of_the_service(
    config: EngineConfig, variants: list[ModelVariant]
) -> None:
    engine = Engine(ModelRunner(config), config)
    losses = []
    for number, passage in enumerate(PASSAGES):
        params = SamplingParams(max_tokens=0, prompt_logprobs=0)
        engine.add(Request(id=f"{number}", prompt=tuple(passage), params=params))
    while engine.has_work:
        for output in engine.step().outputs:
            losses += [-each.logprob for each in output.prompt_logprobs if each]
    found = measure_likelihood("m", variants[:1], "English", PASSAGES)
    assert found[0].tokens == len(losses) == 3 * 39
    assert found[0].perplexity == pytest.approx(math.exp(sum(losses) / len(losses)), rel=1e-5)


def test_fewer_bits_are_further_from_the_reference(variants: list[ModelVariant]) -> None:
    reference, half, eight = measure_likelihood("m", variants, "English", PASSAGES)
    assert (reference.weights, half.weights, eight.weights) == ("float32", "bfloat16", "int8")
    assert (reference.difference, reference.error, reference.top1) == (0, 0, 1)
    assert reference.divergence == pytest.approx(0, abs=1e-9)
    assert 0 < half.divergence < 0.01
    assert 0 < eight.divergence < 0.01
    assert eight.error > 0
    assert eight.perplexity == pytest.approx(reference.perplexity * (1 + eight.difference / 100))
