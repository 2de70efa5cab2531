"""The sampler against exact probabilities, against transformers' processors and against itself in company."""

import math
from collections import Counter
from itertools import pairwise, product
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers.generation.logits_process import (
    LogitsProcessor,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.distribution import Distribution
from service.engine.sampling.logit_adjustments import apply_bias_and_penalties
from service.engine.sampling.logprobs import token_logprobs
from service.engine.sampling.randomness import _GOLDEN_RATIO, _mix, uniform
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.sequence import Sequence

CPU = torch.device("cpu")
INF = math.inf


def sequence(prompt: tuple[int, ...] = (1, 2, 3), generated: tuple[int, ...] = (), **params: Any) -> Sequence:
    params = {"max_tokens": 100, "temperature": 0.0} | params
    return Sequence(Request(id="", prompt=prompt, generated=generated, params=SamplingParams(**params)))


def sample(logits: Tensor, *sequences: Sequence) -> list[int]:
    results = Sampler(logits.shape[-1], logits.device).sample(logits, list(sequences))
    assert all(not result.error for result in results)
    return [result.token for result in results]


def random_logits(rows: int, vocab_size: int, seed: int = 0, spread: float = 3.0) -> Tensor:
    return torch.randn(rows, vocab_size, generator=torch.Generator().manual_seed(seed)) * spread


def probabilities(logits: Tensor, **params: Any) -> list[Tensor]:
    """One row's distribution by every way that can compute it, [V] float64 each."""
    row = logits.unsqueeze(0)
    distribution = Distribution.from_params(row, row.amax(-1, keepdim=True), [sequence(**params).params])
    ways = [distribution.all_weights()[0].double()]
    if 0 < params.get("top_k", 0) <= row.shape[-1]:
        ids, weights = distribution.top_weights(params["top_k"])
        ways.append(torch.zeros_like(ways[0]).scatter_(0, ids[0], weights[0].double()))
    return [way / way.sum() for way in ways]


def expected(logits: Tensor, temperature: float, top_k: int = 0, top_p: float = 1.0, min_p: float = 0.0) -> Tensor:
    """The same by definition, with a stable sort in float64."""
    order = torch.sort(logits, descending=True, stable=True).indices
    p = (logits.double()[order] / temperature).softmax(-1)
    if top_k:
        p[top_k:] = 0
    p /= p.sum()
    if top_p < 1:
        p = p.where(p.cumsum(-1) - p < top_p, 0)
    p = p.where(p >= min_p * p.max(), 0)
    return torch.zeros_like(p).scatter_(0, order, p / p.sum())


# Randomness


def test_the_mixer_is_splitmix64() -> None:
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [_mix(1234567 + n * _GOLDEN_RATIO) for n in range(1, 5)] == published


def test_draws_are_the_same_for_ever() -> None:
    """A change here changes what every stored (request, seed) yields."""
    assert [uniform(0, 0), uniform(0, 1), uniform(7, 5), uniform(-1, 5), uniform(2**64 - 1, 5)] == [
        0.6524484863740322,
        0.7012121095215252,
        0.18228523894280202,
        0.15403342580516755,
        0.15403342580516755,
    ]


def test_draws_are_uniform_along_positions_and_along_seeds() -> None:
    for draws in ([uniform(5, n) for n in range(20000)], [uniform(n, 5) for n in range(20000)]):
        assert all(0 <= u < 1 for u in draws)
        assert_fits(Counter(int(u * 64) for u in draws), torch.full((64,), 1 / 64))
        pairs = Counter(int(a * 8) * 8 + int(b * 8) for a, b in pairwise(draws))
        assert_fits(pairs, torch.full((64,), 1 / 64))


def assert_fits(counts: Counter[int], p: Tensor) -> None:
    """Chi-square: nothing impossible was seen, and the rest is within four standard deviations."""
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


# Distributions

FILTERS: list[dict[str, Any]] = [
    {"temperature": t, "top_k": k, "top_p": p, "min_p": m}
    for t, k, p, m in product((0.3, 1.0, 2.5), (0, 2, 17), (0.2, 0.9, 1.0), (0.0, 0.08))
]


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
    """bfloat16 logits over a large vocabulary have hundreds of equals: lower ids come first."""
    for spread, top_p, min_p in product((0.0, 0.1, 3.0), (1e-9, 0.5, 0.97, 1.0), (0.0, 0.3)):
        logits = random_logits(1, 5000, spread=spread)[0].bfloat16().float()
        params: dict[str, Any] = {"temperature": 0.7, "top_k": top_k, "top_p": top_p, "min_p": min_p}
        due = expected(logits, **params)
        for ours in probabilities(logits, **params):
            # Where a share is reached to the last bit, rounding decides about one token.
            slack = 1 if top_p < 1 else 0
            assert int(((ours > 1e-11) != (due > 1e-11)).sum()) <= slack, params
            assert float((ours - due).abs().sum()) < 1e-5 + 3 * slack / int((due > 0).sum()), params


def test_zeros_of_both_signs_are_equal() -> None:
    logits = torch.tensor([-0.0, 0.0, -0.0, 0.0])
    for ours in probabilities(logits, temperature=1.0, top_k=2):
        assert ours.tolist() == [0.5, 0.5, 0, 0]


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": 1.0},
        {"temperature": 0.5, "min_p": 0.1},
        {"temperature": 2.0, "top_k": 5},
        {"temperature": 1.0, "top_p": 0.8},
        {"temperature": 1.5, "top_k": 6, "top_p": 0.9, "min_p": 0.02},
    ],
)
def test_draws_follow_the_distribution_of_a_small_vocabulary(params: dict[str, Any]) -> None:
    logits = random_logits(1, 12, spread=1.5)
    p = expected(logits[0], **params)
    along_seeds = [sequence(seed=n, **params) for n in range(2000)]
    along_positions = [sequence(prompt=(0,) * n, seed=11, **params) for n in range(1, 1001)]
    for crowd in (along_seeds, along_positions):
        assert_fits(Counter(sample(logits.expand(len(crowd), -1), *crowd)), p)


@pytest.mark.parametrize(
    "params",
    [
        {"temperature": 1.0},
        {"temperature": 1.0, "top_p": 0.9},
        {"temperature": 1.3, "top_k": 40},
        {"temperature": 1.3, "top_k": 1500, "top_p": 0.95},
    ],
)
def test_draws_follow_the_distribution_of_a_large_vocabulary(params: dict[str, Any]) -> None:
    logits = random_logits(1, 5003, spread=2.5)
    crowd = [sequence(seed=n, **params) for n in range(1500)]
    assert_fits(Counter(sample(logits.expand(len(crowd), -1), *crowd)), expected(logits[0], **params))


# A row and its neighbours


def mixed(count: int, vocab_size: int) -> list[Sequence]:
    """Sequences with all kinds of parameters, in no order."""
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
        sequence(
            prompt=tuple(range(1, 4 + n % 20)),
            generated=tuple(n % m for m in range(1, 3 + n)),
            seed=n,
            **kinds[n * 7 % 10],
        )
        for n in range(count)
    ]


@pytest.mark.parametrize("vocab_size", [31, 5003, 50257])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_alone_and_in_a_crowd(vocab_size: int, dtype: torch.dtype) -> None:
    crowd = mixed(30, vocab_size)
    logits = random_logits(30, vocab_size).to(dtype)
    sampler = Sampler(vocab_size, CPU)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        together = sampler.sample(logits, crowd)
        some = sampler.sample(logits[5:22], crowd[5:22])
        torch.set_num_threads(1)
        alone = [sampler.sample(logits[n : n + 1], crowd[n : n + 1])[0] for n in range(30)]
    finally:
        torch.set_num_threads(threads)
    assert together == alone
    assert some == alone[5:22]


def test_weights_are_the_same_bits_in_any_company() -> None:
    crowd = [sequence(temperature=0.6 + n / 50, top_p=0.5 + n / 100, top_k=3 + n).params for n in range(48)]
    logits = random_logits(48, 50257)
    peaks = logits.amax(-1, keepdim=True)
    together = Distribution.from_params(logits, peaks, crowd).all_weights()
    for n in (0, 1, 20, 47):
        alone = Distribution.from_params(logits[n : n + 1], peaks[n : n + 1], crowd[n : n + 1]).all_weights()
        assert torch.equal(alone[0], together[n])


def test_a_bad_row_fails_alone() -> None:
    crowd = mixed(30, 2000)
    logits = random_logits(30, 2000)
    good = Sampler(2000, CPU).sample(logits, crowd)
    bad = logits.clone()
    for row in range(0, 30, 3):
        bad[row, 77] = (math.nan, INF, 0)[row // 3 % 3]
        if row // 3 % 3 == 2:
            bad[row] = -INF
    results = Sampler(2000, CPU).sample(bad, crowd)
    for row, (result, due) in enumerate(zip(results, good, strict=True)):
        if row % 3:
            assert result == due
        else:
            assert result.token == 0
            assert result.logprob is None
            assert result.error.startswith("no token is possible" if row // 3 % 3 == 2 else "the model's output")


def test_every_token_masked_is_an_error() -> None:
    logits = torch.full((2, 4), -INF)
    logits[:, 2] = 1.0
    masked = sequence(min_tokens=1, stop_token_ids=(2,), temperature=1.0)
    result, free = Sampler(4, CPU).sample(logits, [masked, sequence(temperature=1.0)])
    assert result.error
    assert (free.token, free.error) == (2, "")


def test_a_mask_does_not_hide_nan() -> None:
    logits = torch.tensor([[0.0, math.nan, 1.0]])
    assert Sampler(3, CPU).sample(logits, [sequence(min_tokens=1, stop_token_ids=(1,))])[0].error


def test_the_logits_are_only_read() -> None:
    logits = random_logits(30, 300)
    before = logits.clone()
    Sampler(300, CPU).sample(logits, mixed(30, 300))
    assert torch.equal(logits, before)


def test_no_rows() -> None:
    assert Sampler(10, CPU).sample(torch.empty(0, 10), []) == []
    assert token_logprobs(torch.empty(0, 10), [], []) == []


# Greedy and extremes


@pytest.mark.parametrize("threads", [1, 2])
def test_of_equals_greedy_takes_the_lowest_id(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for vocab_size in (10, 100_003):
            logits = torch.zeros(1, vocab_size)
            assert sample(logits, sequence()) == [0]
            logits[0, 7:] = 2.0
            assert sample(logits, sequence()) == [7]
            assert sample(logits, sequence(temperature=1.0, top_k=1)) == [7]
            assert sample(logits, sequence(temperature=1.0, top_p=1e-12)) == [7]
    finally:
        torch.set_num_threads(before)


def test_extreme_temperatures() -> None:
    logits = random_logits(1, 400, spread=30)
    best = int(logits.argmax())
    for temperature in (1e-300, 1e-45, 1e-6, 1e-3):
        assert sample(logits, sequence(temperature=temperature)) == [best]
        assert sample(logits, sequence(temperature=temperature, top_p=0.9)) == [best]
    flat = [sequence(seed=n, temperature=1e6) for n in range(4000)]
    assert_fits(Counter(sample(logits.expand(4000, -1), *flat)), torch.full((400,), 1 / 400))
    flat = [sequence(seed=n, temperature=1e30, top_k=10) for n in range(500)]
    assert set(sample(logits.expand(500, -1), *flat)) == set(logits[0].topk(10).indices.tolist())


def test_top_k_beyond_the_vocabulary_is_off() -> None:
    logits = random_logits(50, 60)
    for top_k in (60, 61, 10**9):
        some = [sequence(seed=n, temperature=1.0, top_k=top_k) for n in range(50)]
        assert sample(logits, *some) == sample(logits, *[sequence(seed=n, temperature=1.0) for n in range(50)])


def test_bias_forces_and_forbids() -> None:
    logits = random_logits(60, 50, spread=2)
    forced = [sequence(seed=n, temperature=1.0, logit_bias={17: 100.0}) for n in range(60)]
    assert sample(logits, *forced) == [17] * 60
    forbidden = [sequence(seed=n, temperature=1.0, logit_bias=dict.fromkeys(range(49), -100.0)) for n in range(60)]
    assert sample(logits, *forbidden) == [49] * 60
    everything = sequence(logit_bias=dict.fromkeys(range(50), -100.0))
    assert sample(logits[:1], everything) == [int((logits[0] - 100).argmax())]


def test_a_token_of_probability_zero_is_never_drawn() -> None:
    logits = torch.full((1, 100), -INF)
    logits[0, 40:43] = 0.0
    filters: list[dict[str, Any]] = [{}, {"top_k": 50}, {"top_p": 0.99999}, {"top_k": 99, "top_p": 0.99999}]
    for params in filters:
        crowd = [sequence(seed=n, temperature=1.0, **params) for n in range(200)]
        assert set(sample(logits.expand(200, -1), *crowd)) == {40, 41, 42}


# Bias and penalties


def test_repetition_penalty_is_that_of_transformers() -> None:
    logits = random_logits(3, 90)
    tokens = [(5, 5, 8, 60), (1,), (89, 0, 3, 3, 3, 12)]
    crowd = [sequence(prompt=t[:1], generated=t[1:], repetition_penalty=1.7) for t in tokens]
    ours = apply_bias_and_penalties(logits, crowd)
    for row, seen in enumerate(tokens):
        theirs = RepetitionPenaltyLogitsProcessor(1.7)(torch.tensor([seen]), logits[row : row + 1])
        assert torch.equal(ours[row], theirs[0])


def test_presence_and_frequency_penalties_count_the_output_only() -> None:
    logits = random_logits(2, 20)
    crowd = [
        sequence(prompt=(3, 4, 4), generated=(4, 9, 4, 4), presence_penalty=0.5, frequency_penalty=0.25),
        sequence(prompt=(3, 4, 4), generated=(), presence_penalty=2.0, frequency_penalty=2.0),
    ]
    due = logits.clone()
    due[0, 4] -= 0.5 + 3 * 0.25
    due[0, 9] -= 0.5 + 0.25
    assert torch.equal(apply_bias_and_penalties(logits, crowd), due)


def test_order_is_bias_then_repetition_then_frequency() -> None:
    logits = torch.tensor([[1.0, -1.0, 0.5]])
    one = sequence(prompt=(1,), generated=(0,), logit_bias={0: 3.0}, repetition_penalty=2.0, frequency_penalty=1.5)
    assert apply_bias_and_penalties(logits, [one]).tolist() == [[(1 + 3) / 2 - 1.5, -2.0, 0.5]]


def test_min_tokens_masks_the_stop_tokens_until_enough_were_generated() -> None:
    logits = torch.tensor([[5.0, 4.0, 3.0]])
    stop: dict[str, Any] = {"stop_token_ids": (0, 1), "min_tokens": 2}
    assert sample(logits, sequence(generated=(), **stop)) == [2]
    assert sample(logits, sequence(generated=(2,), **stop)) == [2]
    assert sample(logits, sequence(generated=(2, 2), **stop)) == [0]


def test_who_asks_for_nothing_gets_the_same_tensor() -> None:
    logits = random_logits(2, 10)
    assert apply_bias_and_penalties(logits, [sequence(), sequence(temperature=1.0, presence_penalty=1.0)]) is logits


# Log probabilities


def test_logprobs_are_the_log_softmax_of_the_raw_logits() -> None:
    logits = random_logits(20, 500).bfloat16()
    due = logits.float().log_softmax(-1)
    for row, found in enumerate(token_logprobs(logits, list(range(20)), [7] * 20)):
        assert found.token == row
        assert found.logprob == float(due[row, row])
        order = torch.sort(due[row], descending=True, stable=True)
        assert [token for token, _ in found.top] == order.indices[:7].tolist()
        assert [value for _, value in found.top] == order.values[:7].tolist()


def test_logprobs_of_a_sampled_token_ignore_bias_penalties_and_temperature() -> None:
    logits = random_logits(1, 50)
    one = sequence(temperature=0.3, logit_bias={9: 100.0}, repetition_penalty=2.0, top_k=3, logprobs=2)
    (result,) = Sampler(50, CPU).sample(logits, [one])
    assert result.token == 9
    assert result.logprob == token_logprobs(logits, [9], [2])[0]
    assert result.logprob is not None
    assert result.logprob.logprob == float(logits.log_softmax(-1)[0, 9])


def test_each_row_gets_as_many_alternatives_as_it_asked_for() -> None:
    logits = random_logits(4, 6)
    crowd = [sequence(logprobs=0), sequence(), sequence(logprobs=20), sequence(logprobs=2)]
    found = [result.logprob for result in Sampler(6, CPU).sample(logits, crowd)]
    assert [None if one is None else len(one.top) for one in found] == [0, None, 6, 2]


def test_impossible_tokens_are_not_among_the_likeliest() -> None:
    (found,) = token_logprobs(torch.tensor([[0.0, -INF, 0.0, -INF]]), [2], [4])
    assert [token for token, _ in found.top] == [0, 2]
    assert [value for _, value in found.top] == pytest.approx([math.log(0.5)] * 2)
    (found,) = token_logprobs(torch.tensor([[0.0, -INF]]), [1], [0])
    assert found.logprob == -INF
    (found,) = token_logprobs(torch.tensor([[0.0, math.nan]]), [0], [2])
    assert math.isnan(found.logprob)


# CUDA


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_cuda_alone_and_in_a_crowd() -> None:
    device = torch.device("cuda")
    for vocab_size in (31, 50257, 151936):
        crowd = mixed(40, vocab_size)
        logits = random_logits(40, vocab_size).to(device)
        sampler = Sampler(vocab_size, device)
        together = sampler.sample(logits, crowd)
        alone = [sampler.sample(logits[n : n + 1], crowd[n : n + 1])[0] for n in range(40)]
        assert [result.token for result in together] == [result.token for result in alone]
        greedy = [n for n, one in enumerate(crowd) if one.params.temperature == 0 and not one.params.min_tokens]
        assert [together[n].token for n in greedy] == logits[greedy].argmax(-1).tolist()
