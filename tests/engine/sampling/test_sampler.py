"""The sampler: draws follow the distribution, and a row's token does not depend on the other rows."""

import math
from collections import Counter
from typing import Any

import pytest
import torch

from service.engine.sampling.logprobs import token_logprobs
from service.engine.sampling.sampler import Sampler
from tests.engine.sampling.cases import (
    CPU,
    INF,
    assert_fits,
    exact_probabilities,
    make_sequence,
    mixed_sequences,
    random_logits,
    sample,
)


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
    p = exact_probabilities(logits[0], **params)
    along_seeds = [make_sequence(seed=n, **params) for n in range(2000)]
    along_positions = [make_sequence(prompt=(0,) * n, seed=11, **params) for n in range(1, 1001)]
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
    crowd = [make_sequence(seed=n, **params) for n in range(1500)]
    assert_fits(Counter(sample(logits.expand(len(crowd), -1), *crowd)), exact_probabilities(logits[0], **params))


@pytest.mark.parametrize("vocab_size", [31, 5003, 50257])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_results_are_the_same_alone_and_among_others(vocab_size: int, dtype: torch.dtype) -> None:
    crowd = mixed_sequences(30, vocab_size)
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


def test_only_rows_that_are_not_finite_fail() -> None:
    crowd = mixed_sequences(30, 2000)
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


def test_a_row_without_a_possible_token_is_an_error() -> None:
    logits = torch.full((2, 4), -INF)
    logits[:, 2] = 1.0
    masked = make_sequence(min_tokens=1, stop_token_ids=(2,), temperature=1.0)
    result, free = Sampler(4, CPU).sample(logits, [masked, make_sequence(temperature=1.0)])
    assert result.error
    assert (free.token, free.error) == (2, "")


def test_a_mask_does_not_hide_nan() -> None:
    logits = torch.tensor([[0.0, math.nan, 1.0]])
    assert Sampler(3, CPU).sample(logits, [make_sequence(min_tokens=1, stop_token_ids=(1,))])[0].error


def test_the_logits_are_not_written() -> None:
    logits = random_logits(30, 300)
    before = logits.clone()
    Sampler(300, CPU).sample(logits, mixed_sequences(30, 300))
    assert torch.equal(logits, before)


def test_no_rows_yield_no_tokens() -> None:
    assert Sampler(10, CPU).sample(torch.empty(0, 10), []) == []
    assert token_logprobs(torch.empty(0, 10), [], []) == []


@pytest.mark.parametrize("threads", [1, 2])
def test_greedy_takes_the_lowest_id_of_equal_logits(threads: int) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        for vocab_size in (10, 100_003):
            logits = torch.zeros(1, vocab_size)
            assert sample(logits, make_sequence()) == [0]
            logits[0, 7:] = 2.0
            assert sample(logits, make_sequence()) == [7]
            assert sample(logits, make_sequence(temperature=1.0, top_k=1)) == [7]
            assert sample(logits, make_sequence(temperature=1.0, top_p=1e-12)) == [7]
    finally:
        torch.set_num_threads(before)


def test_extreme_temperatures() -> None:
    logits = random_logits(1, 400, spread=30)
    best = int(logits.argmax())
    for temperature in (1e-300, 1e-45, 1e-6, 1e-3):
        assert sample(logits, make_sequence(temperature=temperature)) == [best]
        assert sample(logits, make_sequence(temperature=temperature, top_p=0.9)) == [best]
    flat = [make_sequence(seed=n, temperature=1e6) for n in range(4000)]
    assert_fits(Counter(sample(logits.expand(4000, -1), *flat)), torch.full((400,), 1 / 400))
    flat = [make_sequence(seed=n, temperature=1e30, top_k=10) for n in range(500)]
    assert set(sample(logits.expand(500, -1), *flat)) == set(logits[0].topk(10).indices.tolist())


def test_top_k_beyond_the_vocabulary_is_off() -> None:
    logits = random_logits(50, 60)
    for top_k in (60, 61, 10**9):
        some = [make_sequence(seed=n, temperature=1.0, top_k=top_k) for n in range(50)]
        assert sample(logits, *some) == sample(logits, *[make_sequence(seed=n, temperature=1.0) for n in range(50)])


def test_a_token_of_probability_zero_is_never_drawn() -> None:
    logits = torch.full((1, 100), -INF)
    logits[0, 40:43] = 0.0
    filters: list[dict[str, Any]] = [{}, {"top_k": 50}, {"top_p": 0.99999}, {"top_k": 99, "top_p": 0.99999}]
    for params in filters:
        crowd = [make_sequence(seed=n, temperature=1.0, **params) for n in range(200)]
        assert set(sample(logits.expand(200, -1), *crowd)) == {40, 41, 42}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_results_on_cuda_are_the_same_alone_and_among_others() -> None:
    device = torch.device("cuda")
    for vocab_size in (31, 50257, 151936):
        crowd = mixed_sequences(40, vocab_size)
        logits = random_logits(40, vocab_size).to(device)
        sampler = Sampler(vocab_size, device)
        together = sampler.sample(logits, crowd)
        alone = [sampler.sample(logits[n : n + 1], crowd[n : n + 1])[0] for n in range(40)]
        assert [result.token for result in together] == [result.token for result in alone]
        greedy = [n for n, one in enumerate(crowd) if one.params.temperature == 0 and not one.params.min_tokens]
        assert [together[n].token for n in greedy] == logits[greedy].argmax(-1).tolist()
