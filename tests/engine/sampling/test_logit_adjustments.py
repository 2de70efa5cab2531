"""Constraints, bias, masked stop tokens and penalties change the logits that they name, in the right order."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from transformers.generation.logits_process import (
    NoBadWordsLogitsProcessor,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
)

from service.engine.protocol.forbidden_sequences import ForbiddenSequences
from service.engine.sampling.logit_adjustments import bias_and_penalties
from service.engine.sampling.place import Place
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.step import NOTHING_POSSIBLE
from tests.engine.sampling.cases import (
    CPU,
    assert_fits,
    exact_probabilities,
    make_sequence,
    random_logits,
    sample,
)


def adjusted(logits: torch.Tensor, places: Sequence[Place]) -> torch.Tensor:
    """The logits as they are within the block."""
    with bias_and_penalties(logits, places):
        return logits.clone()


def test_bias_forces_and_forbids() -> None:
    logits = random_logits(60, 50, spread=2)
    forced = [make_sequence(seed=n, temperature=1.0, logit_bias={17: 100.0}) for n in range(60)]
    assert sample(logits, *forced) == [17] * 60
    forbidden = [make_sequence(seed=n, temperature=1.0, logit_bias=dict.fromkeys(range(49), -100.0)) for n in range(60)]
    assert sample(logits, *forbidden) == [49] * 60
    everything = make_sequence(logit_bias=dict.fromkeys(range(50), -100.0))
    assert sample(logits[:1], everything) == [int((logits[0] - 100).argmax())]


def test_repetition_penalty_is_that_of_transformers() -> None:
    logits = random_logits(3, 90)
    tokens = [(5, 5, 8, 60), (1,), (89, 0, 3, 3, 3, 12)]
    crowd = [make_sequence(prompt=t[:1], generated=t[1:], repetition_penalty=1.7) for t in tokens]
    ours = adjusted(logits, crowd)
    for row, seen in enumerate(tokens):
        theirs = RepetitionPenaltyLogitsProcessor(1.7)(torch.tensor([seen]), logits[row : row + 1])
        assert torch.equal(ours[row], theirs[0])


def test_no_repeated_ngrams_is_that_of_transformers() -> None:
    generator = random.Random(4)
    sizes = [1, 2, 2, 3, 3, 4, 5, 9]
    tokens = [tuple(generator.choices(range(3), k=generator.randint(1, 30))) for _ in range(12 * len(sizes))]
    logits = random_logits(len(tokens), 7)
    crowd = [
        make_sequence(prompt=t[:1], generated=t[1:], no_repeat_ngram_size=sizes[row % len(sizes)])
        for row, t in enumerate(tokens)
    ]
    ours = adjusted(logits, crowd)
    for row, seen in enumerate(tokens):
        theirs = NoRepeatNGramLogitsProcessor(sizes[row % len(sizes)])(torch.tensor([seen]), logits[row : row + 1])
        assert torch.equal(ours[row], theirs[0])
    assert bool(ours[:8].isinf().any())


def test_presence_and_frequency_penalties_count_the_output_only() -> None:
    logits = random_logits(2, 20)
    crowd = [
        make_sequence(prompt=(3, 4, 4), generated=(4, 9, 4, 4), presence_penalty=0.5, frequency_penalty=0.25),
        make_sequence(prompt=(3, 4, 4), generated=(), presence_penalty=2.0, frequency_penalty=2.0),
    ]
    due = logits.clone()
    due[0, 4] -= 0.5 + 3 * 0.25
    due[0, 9] -= 0.5 + 0.25
    assert torch.equal(adjusted(logits, crowd), due)


def test_the_order_is_bias_then_repetition_then_frequency() -> None:
    logits = torch.tensor([[1.0, -1.0, 0.5]])
    one = make_sequence(prompt=(1,), generated=(0,), logit_bias={0: 3.0}, repetition_penalty=2.0, frequency_penalty=1.5)
    assert adjusted(logits, [one]).tolist() == [[(1 + 3) / 2 - 1.5, -2.0, 0.5]]


def test_min_tokens_masks_the_stop_tokens_until_enough_were_generated() -> None:
    logits = torch.tensor([[5.0, 4.0, 3.0]])
    stop: dict[str, Any] = {"stop_token_ids": (0, 1), "min_tokens": 2}
    assert sample(logits, make_sequence(generated=(), **stop)) == [2]
    assert sample(logits, make_sequence(generated=(2,), **stop)) == [2]
    assert sample(logits, make_sequence(generated=(2, 2), **stop)) == [0]


def test_without_bias_and_penalties_the_logits_stay_as_they_are() -> None:
    logits = random_logits(2, 10)
    crowd = [make_sequence(), make_sequence(temperature=1.0, presence_penalty=1.0)]
    assert torch.equal(adjusted(logits, crowd), logits)


def test_all_changes_are_undone_to_the_bit() -> None:
    logits = torch.tensor([[0.1, -0.0, 0.3, -0.7, torch.nan, torch.inf, 1e-30, -torch.inf]]).repeat(4, 1)
    before = logits.view(torch.int32).clone()
    every: dict[str, Any] = {"repetition_penalty": 1.7, "presence_penalty": 0.3, "frequency_penalty": 0.1}
    seen: dict[str, Any] = {"prompt": (0, 1, 2, 3), "generated": (3, 4, 5, 6, 7, 3)}
    bias = {0: 0.1, 3: 100.0, 4: -100.0, 5: -100.0}
    crowd = [
        make_sequence(**seen, **every),
        make_sequence(**seen, **every, logit_bias=bias, min_tokens=9, stop_token_ids=(0, 3, 9)),
        make_sequence(),
        make_sequence(**seen, **every, logit_bias=bias, allowed_token_ids=(1, 3, 9)),
    ]
    with bias_and_penalties(logits, crowd):
        changed = (logits.view(torch.int32) != before).any(dim=1)
    assert changed.tolist() == [True, True, False, True]
    assert torch.equal(logits.view(torch.int32), before)


def test_only_allowed_tokens_are_chosen() -> None:
    logits = random_logits(4, 50)
    crowd = [
        make_sequence(allowed_token_ids=(3, 17, 99)),
        make_sequence(),
        make_sequence(allowed_token_ids=(8,), logit_bias={9: 100.0, 8: -100.0}),
        make_sequence(allowed_token_ids=(1, 2), repetition_penalty=1.5, frequency_penalty=1.0, generated=(1, 5)),
    ]
    best = 3 if logits[0, 3] >= logits[0, 17] else 17
    assert sample(logits[:3], *crowd[:3]) == [best, int(logits[1].argmax()), 8]
    found = adjusted(logits, crowd)
    assert torch.equal(found[1], logits[1])
    assert found[3].isfinite().nonzero().flatten().tolist() == [1, 2]


def test_allowed_tokens_are_drawn_as_if_there_were_no_others() -> None:
    logits = random_logits(1, 30)
    allowed = [2, 3, 5, 7, 11]
    crowd = [make_sequence(seed=n, temperature=1.0, allowed_token_ids=tuple(allowed)) for n in range(2000)]
    counts = Counter(sample(logits.expand(2000, -1), *crowd))
    masked = torch.full_like(logits[0], -torch.inf)
    masked[allowed] = logits[0, allowed]
    assert_fits(counts, exact_probabilities(masked, 1.0))


def test_forbidden_sequences_are_those_of_transformers() -> None:
    """At every position of random texts, with words of one token and of several, also longer than the text."""
    randomness = random.Random(4)
    for _ in range(200):
        words = [[randomness.randrange(6) for _ in range(randomness.randint(1, 4))] for _ in range(4)]
        tokens = [randomness.randrange(6) for _ in range(randomness.randint(1, 8))]
        logits = random_logits(1, 8)
        theirs = NoBadWordsLogitsProcessor(words, eos_token_id=[7])(torch.tensor([tokens]), logits.clone())
        forbidden = ForbiddenSequences(tuple(map(tuple, words)))
        one = make_sequence(prompt=tuple(tokens[:1]), generated=tuple(tokens[1:]), forbidden=forbidden)
        assert torch.equal(adjusted(logits, [one])[0], theirs[0]), (words, tokens)


def test_a_request_that_rules_out_everything_has_an_error() -> None:
    both = make_sequence(allowed_token_ids=(1,), forbidden=ForbiddenSequences(((1,),)))
    (result,) = Sampler(4, CPU).sample(torch.zeros(1, 4), [both])
    assert result.error == NOTHING_POSSIBLE
