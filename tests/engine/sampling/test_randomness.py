"""Draws depend on seed and position alone, follow SplitMix64, and are uniform."""

from collections import Counter
from itertools import pairwise

import torch

from service.engine.sampling.randomness import uniform
from tests.engine.sampling.cases import assert_fits


def test_draws_are_those_of_splitmix64() -> None:
    """The mixed form of this seed is 1234567, for which the outputs of SplitMix64 are published."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    draws = [uniform(11906536674387683726, position) for position in range(4)]
    assert [int(draw * 2**53) for draw in draws] == [number >> 11 for number in published]


def test_draws_never_change() -> None:
    """Another function would change the output of every stored request with a seed."""
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
