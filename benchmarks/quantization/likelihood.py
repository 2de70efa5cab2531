"""The likelihood of real text under each variant of a model, token by token."""

import math
from dataclasses import dataclass
from statistics import mean, stdev

import torch
from torch import Tensor

from benchmarks.quantization.model_variant import ModelVariant


@dataclass(frozen=True, slots=True)
class Likelihood:
    """How well one kind of weights predicts one language. Differences are from the reference."""

    model: str
    weights: str
    language: str
    tokens: int
    perplexity: float
    difference: float  # of the perplexity, in percent
    error: float  # standard error of the difference, from passage to passage
    divergence: float  # Kullback-Leibler, from the reference's distribution to this one, nats per token
    top1: float  # share of the tokens where both have the same likeliest one


def measure_likelihood(
    model: str, variants: list[ModelVariant], language: str, passages: list[list[int]]
) -> list[Likelihood]:
    """One result for each variant. The first variant is the reference."""
    losses: dict[str, list[float]] = {each.kind: [] for each in variants}  # of each passage, nats per token
    divergences: dict[str, list[float]] = {each.kind: [] for each in variants}
    hits: dict[str, list[float]] = {each.kind: [] for each in variants}
    for passage in passages:
        next_tokens = torch.tensor(passage[1:]).unsqueeze(1)
        reference = variants[0].read(passage)
        for each in variants:
            found = reference if each is variants[0] else each.read(passage)
            losses[each.kind].append(-found.gather(1, next_tokens).mean(dtype=torch.float64).item())
            divergences[each.kind].append(_divergence(reference, found))
            hits[each.kind].append((found.argmax(-1) == reference.argmax(-1)).double().mean().item())
    results = []
    for kind, own in losses.items():
        differences = [a - b for a, b in zip(own, losses[variants[0].kind], strict=True)]
        error = stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else 0.0
        results.append(
            Likelihood(
                model=model,
                weights=kind,
                language=language,
                tokens=sum(len(passage) - 1 for passage in passages),
                perplexity=math.exp(mean(own)),
                difference=100 * math.expm1(mean(differences)),
                error=100 * error,
                divergence=mean(divergences[kind]),
                top1=mean(hits[kind]),
            )
        )
    return results


def _divergence(reference: Tensor, found: Tensor) -> float:
    """The mean Kullback-Leibler divergence of the rows of two tensors of log probabilities, in nats."""
    return torch.nn.functional.kl_div(found, reference, reduction="batchmean", log_target=True).item()
