"""Sequences, logits and a chi-square test for the tests of sampling."""

import math
from collections import Counter
from typing import Any

import torch
from torch import Tensor

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.sequence import Sequence

CPU = torch.device("cpu")
INF = math.inf


def make_sequence(prompt: tuple[int, ...] = (1, 2, 3), generated: tuple[int, ...] = (), **params: Any) -> Sequence:
    """A greedy sequence, unless ``params`` say otherwise."""
    params = {"max_tokens": 100, "temperature": 0.0} | params
    return Sequence(Request(id="", prompt=prompt, generated=generated, params=SamplingParams(**params)))


def sample(logits: Tensor, *sequences: Sequence) -> list[int]:
    """The tokens that the sampler chooses for the rows of ``logits``, one for each sequence."""
    results = Sampler(logits.shape[-1], logits.device).sample(logits, list(sequences))
    assert all(not result.error for result in results)
    return [result.token for result in results]


def random_logits(rows: int, vocab_size: int, seed: int = 0, spread: float = 3.0) -> Tensor:
    return torch.randn(rows, vocab_size, generator=torch.Generator().manual_seed(seed)) * spread


def exact_probabilities(
    logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0
) -> Tensor:
    """One row's distribution by definition, with a stable sort in float64: [V]."""
    order = torch.sort(logits, descending=True, stable=True).indices
    p = (logits.double()[order] / temperature).softmax(-1)
    if top_k:
        p[top_k:] = 0
    p /= p.sum()
    if top_p < 1:
        p = p.where(p.cumsum(-1) - p < top_p, 0)
    p = p.where(p >= min_p * p.max(), 0)
    return torch.zeros_like(p).scatter_(0, order, p / p.sum())


def assert_fits(counts: Counter[int], p: Tensor) -> None:
    """Assert by chi-square that ``counts`` fit ``p``: nothing impossible occurs, the rest is within four deviations."""
    total = counts.total()
    assert all(p[token] > 0 for token in counts)
    common = (p * total >= 5).nonzero().flatten().tolist()
    bins = [(counts[token], float(p[token]) * total) for token in common]
    rest = total - sum(seen for seen, _ in bins), total - sum(due for _, due in bins)
    if rest[1] >= 5:
        bins.append(rest)
    chi_square = sum((seen - due) ** 2 / due for seen, due in bins)
    freedom = max(len(bins) - 1, 1)
    assert chi_square < freedom + 4 * math.sqrt(2 * freedom) + 4


def mixed_sequences(count: int, vocab_size: int) -> list[Sequence]:
    """``count`` sequences with all kinds of sampling parameters."""
    kinds: list[dict[str, Any]] = [
        {},
        {"temperature": 1.0},
        {"temperature": 0.7, "top_k": 20, "top_p": 0.8},
        {"temperature": 1.0, "top_p": 0.95, "logprobs": 3},
        {"temperature": 1.5, "top_k": 2000, "min_p": 0.01},
        {"temperature": 0.9, "repetition_penalty": 1.3, "logprobs": 0},
        {"temperature": 3.0, "top_p": 0.99, "frequency_penalty": 0.5, "presence_penalty": -0.2},
        {"temperature": 0.8, "min_p": 0.05, "logit_bias": {3: 4.0, 5: -100.0}},
        {"logprobs": 5, "min_tokens": 10, "stop_token_ids": (1, 2)},
        {"temperature": 1.0, "top_k": vocab_size + 5, "top_p": 0.3},
    ]
    return [
        make_sequence(
            prompt=tuple(range(1, 4 + n % 20)),
            generated=tuple(n % m for m in range(1, 3 + n)),
            seed=n,
            **kinds[n * 7 % 10],
        )
        for n in range(count)
    ]
