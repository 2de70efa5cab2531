"""Sampling with guesses keeps the distribution: every token has exactly the probability that it has by definition.

A draw inverts cumulated probabilities at a number that the seed and the position determine. So the seeds of these tests
are chosen to give all numbers of a fine grid, and each token has to come as often as its share of the grid, give or
take the two ends of its interval. Nothing here is a statistical test.
"""

from collections import Counter
from functools import partial
from itertools import islice
from typing import Any

import pytest
import torch

from service.engine.engine import Engine
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.sampling.place import places
from service.engine.sampling.randomness import uniform
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, ChunkOutput, Step
from tests.engine.configs import engine_config
from tests.engine.guessing import Guessing
from tests.engine.sampling.cases import CPU, exact_probabilities, make_sequence, random_logits
from tests.engine.toy_model import SizedRunner

GRID = 128
VOCAB_SIZE = 12
PARAMS: list[dict[str, Any]] = [
    {"temperature": 1.0},
    {"temperature": 0.6, "top_p": 0.9},
    {"temperature": 2.0, "top_k": 5},
    {"temperature": 1.5, "top_k": 7, "top_p": 0.85, "min_p": 0.02},
]
_MASK = (1 << 64) - 1


def seed_of(number: int, position: int) -> int:
    """The seed whose draw at ``position`` is in the middle of the ``number``-th of GRID equal parts of [0, 1)."""
    golden = 0x9E3779B97F4A7C15
    bits = (2 * number + 1) * (1 << 53) // (2 * GRID)
    start = _unmixed(bits << 11) - (position + 1) * golden
    return _unmixed(start & _MASK) - golden & _MASK


def _unmixed(x: int) -> int:
    """Undo the mixer of SplitMix64."""
    x = x ^ (x >> 31) ^ (x >> 62)
    x = x * pow(0x94D049BB133111EB, -1, 1 << 64) & _MASK
    x = x ^ (x >> 27) ^ (x >> 54)
    x = x * pow(0xBF58476D1CE4E5B9, -1, 1 << 64) & _MASK
    return x ^ (x >> 30) ^ (x >> 60)


def assert_exact(tokens: list[int], probabilities: torch.Tensor) -> None:
    """Each token comes as often as its probability says, up to one more or less."""
    counts = Counter(tokens)
    for token, probability in enumerate(probabilities.tolist()):
        assert abs(counts[token] - probability * len(tokens)) <= 1, token
        assert probability or not counts[token]


def test_the_seeds_give_the_whole_grid() -> None:
    for position in (0, 5, 77):
        draws = [uniform(seed_of(number, position), position) for number in range(GRID)]
        assert draws == [(number + 0.5) / GRID for number in range(GRID)]


@pytest.mark.parametrize("params", PARAMS)
@pytest.mark.parametrize("num_guesses", [0, 1, 3])
def test_a_token_behind_guesses_has_its_exact_probability(params: dict[str, Any], num_guesses: int) -> None:
    """Of all the places of a chunk, the last one."""
    logits = random_logits(num_guesses + 1, VOCAB_SIZE, seed=1, spread=1.5)
    prompt, guesses = (1, 2, 3), (4, 5, 6)[:num_guesses]
    seeds = [seed_of(number, len(prompt) + num_guesses) for number in range(GRID)]
    sequences = [make_sequence(prompt, seed=seed, **params) for seed in seeds]
    sampled = [place for each in sequences for place in places(Chunk(each, 2, 1 + num_guesses, guesses))]
    tokens = [each.token for each in Sampler(VOCAB_SIZE, CPU).sample(logits.repeat(GRID, 1), sampled)]
    assert_exact(tokens[num_guesses :: num_guesses + 1], exact_probabilities(logits[-1], **params))


class TableRunner:
    """A model whose logits depend on the last token alone: [V, V]."""

    def __init__(self, table: torch.Tensor) -> None:
        self._table = table
        self._sampler = Sampler(VOCAB_SIZE, CPU)

    def run(self, step: Step) -> list[ChunkOutput]:
        by_chunk = [places(chunk) if chunk.samples else [] for chunk in step.chunks]
        sampled = [place for each in by_chunk for place in each]
        logits = self._table[[place.tokens[-1] for place in sampled]]
        tokens = (each.token for each in self._sampler.sample(logits, sampled))
        outputs = []
        for each in by_chunk:
            first, *following = islice(tokens, len(each)) if each else (None,)
            outputs.append(ChunkOutput(first, following=tuple((token, None) for token in following)))
        return outputs


def run(
    runner: TableRunner, requests: list[Request], guessing: Guessing | None = None
) -> tuple[dict[str, list[int]], int]:
    """The tokens of each request, and how many guesses were right."""
    config = engine_config("", speculation="off")
    engine = Engine(SizedRunner(runner, blocks=256, seqs=8, budget=64), config, guessing)
    tokens: dict[str, list[int]] = {request.id: [] for request in requests}
    for request in requests:
        engine.add(request)
    accepted = 0
    while engine.has_work:
        output = engine.step()
        accepted += output.stats.num_accepted_tokens
        for each in output.outputs:
            assert not each.error
            tokens[each.request_id] += [] if each.token is None else [each.token]
    return tokens, accepted


def known(tokens: dict[str, list[int]], sequence: Sequence, count: int) -> list[int]:
    return tokens[sequence.id][sequence.num_generated :][:count]


@pytest.mark.parametrize("params", PARAMS[1::2])
@pytest.mark.parametrize("chance", [1.0, 0.5])
def test_the_engine_gives_each_token_its_exact_probability(params: dict[str, Any], chance: float) -> None:
    """0 is followed by 1, and 1 by 2. Behind 2 each token has a probability, with guesses that are right or wrong."""
    table = random_logits(VOCAB_SIZE, VOCAB_SIZE, seed=3, spread=1.5)
    table[0, 1] = table[1, 2] = 1000.0
    prompt = (0, 0, 0)
    requests = [
        Request(
            id=f"{number}",
            prompt=prompt,
            params=SamplingParams(max_tokens=6, seed=seed_of(number, len(prompt) + 2), **params),
        )
        for number in range(GRID)
    ]
    plain, _ = run(TableRunner(table), requests)
    guessing = Guessing(partial(known, plain), chance=chance, vocab_size=VOCAB_SIZE, most=3)
    guessed, accepted = run(TableRunner(table), requests, guessing)
    assert guessed == plain
    assert guessing.num_proposed > GRID
    assert accepted > GRID / 2
    assert_exact([tokens[2] for tokens in guessed.values()], exact_probabilities(table[2], **params))
