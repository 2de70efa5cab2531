"""The agreement of greedy outputs between the variants of a model."""

from dataclasses import dataclass
from statistics import mean

from benchmarks.quantization.model_variant import ModelVariant
from benchmarks.report.statistics import common_prefix_length


@dataclass(frozen=True, slots=True)
class Agreement:
    """How much of the reference's outputs one kind of weights generates too."""

    model: str
    weights: str
    prompts: int
    tokens: int  # of the reference's outputs
    same: float  # share of these tokens before the first difference
    whole: float  # share of the outputs that are equal to the end


def measure_agreement(
    model: str, variants: list[ModelVariant], prompts: list[list[int]], length: int, stops: tuple[int, ...]
) -> list[Agreement]:
    """One result for each variant. The first variant is the reference."""
    reference = variants[0].generate(prompts, length, stops)
    tokens = sum(map(len, reference))
    results = []
    for each in variants:
        outputs = reference if each is variants[0] else each.generate(prompts, length, stops)
        pairs = list(zip(outputs, reference, strict=True))
        results.append(
            Agreement(
                model=model,
                weights=each.kind,
                prompts=len(prompts),
                tokens=tokens,
                same=sum(common_prefix_length(*pair) for pair in pairs) / tokens,
                whole=mean(output == expected for output, expected in pairs),
            )
        )
    return results
