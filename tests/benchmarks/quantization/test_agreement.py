"""Greedy outputs agree up to their first difference."""

import pytest

from benchmarks.quantization.agreement import measure_agreement
from benchmarks.quantization.model_variant import ModelVariant
from tests.engine.stepping import prompt


def test_agreement_is_up_to_the_first_difference(variants: list[ModelVariant]) -> None:
    prompts = [prompt(9, seed) for seed in range(12)]
    reference, eight = measure_agreement("m", [variants[0], variants[2]], prompts, 48, (2,))
    assert (reference.same, reference.whole) == (1, 1)
    expected, outputs = variants[0].generate(prompts, 48, (2,)), variants[2].generate(prompts, 48, (2,))
    assert expected != outputs, "other seeds are needed: all outputs are equal"
    places = [
        next((place for place in range(len(a)) if a[place : place + 1] != b[place : place + 1]), len(a))
        for a, b in zip(expected, outputs, strict=True)
    ]
    assert eight.tokens == sum(map(len, expected))
    assert eight.same == pytest.approx(sum(places) / eight.tokens)
    assert eight.whole == sum(a == b for a, b in zip(expected, outputs, strict=True)) / 12
