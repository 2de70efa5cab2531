"""Beam search alone: transformers' own results on random models, and what holds for any candidates."""

import itertools
import math
import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import GPT2Config, GPT2LMHeadModel
from transformers.generation.logits_process import NoRepeatNGramLogitsProcessor, RepetitionPenaltyLogitsProcessor

from service.engine.protocol.beam_params import BeamParams, EarlyStopping
from service.engine.protocol.outputs import Hypothesis
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.beam_search import BeamSearch, Candidates, num_candidates

VOCAB_SIZE = 13
PROMPT = [3, 5, 3]


def make_params(
    num_beams: int,
    *,
    max_tokens: int = 12,
    stops: tuple[int, ...] = (1,),
    penalty: float = 1.0,
    early: EarlyStopping = False,
    num_return: int = 0,
    **others: Any,
) -> SamplingParams:
    beams = BeamParams(
        num_beams=num_beams, length_penalty=penalty, early_stopping=early, num_return=num_return or num_beams
    )
    return SamplingParams(max_tokens=max_tokens, stop_token_ids=stops, beams=beams, **others)


@pytest.fixture(scope="module")
def models() -> list[Any]:
    """Models with unequal distributions, in which every token ends some beam."""
    found = []
    for seed in range(2):
        torch.manual_seed(seed)
        config = GPT2Config(vocab_size=VOCAB_SIZE, n_positions=32, n_embd=16, n_layer=1, n_head=2)
        model = GPT2LMHeadModel(config).eval()
        for parameter in model.parameters():
            parameter.data.mul_(8)
        found.append(model)
    return found


def search(model: Any, params: SamplingParams) -> tuple[list[Hypothesis], list[list[int]]]:
    """The hypotheses that the search finds with a model, and what was agreed on after each step."""
    processors: list[Any] = []
    if params.repetition_penalty != 1:
        processors.append(RepetitionPenaltyLogitsProcessor(params.repetition_penalty))
    if params.no_repeat_ngram_size:
        processors.append(NoRepeatNGramLogitsProcessor(params.no_repeat_ngram_size))
    algorithm, beams, agreed = BeamSearch(params), [list(PROMPT)], []
    while not algorithm.is_done:
        ids = torch.tensor(beams)
        with torch.inference_mode():
            logprobs = model(ids).logits[:, -1].log_softmax(-1)
        for processor in processors:
            logprobs = processor(ids, logprobs)
        values, tokens = logprobs.topk(min(num_candidates(params), VOCAB_SIZE))
        rows = zip(tokens, values, strict=True)
        finite = [(tokens[values.isfinite()], values[values.isfinite()]) for tokens, values in rows]
        children = algorithm.advance([Candidates(tokens.numpy(), values.numpy()) for tokens, values in finite])
        beams = [[*beams[parent], token] for parent, token in children]
        agreed.append(algorithm.agreed(0))
    return algorithm.hypotheses(), agreed


EARLY: list[EarlyStopping] = [False, True, "never"]


@pytest.mark.parametrize("early", EARLY)
@pytest.mark.parametrize("num_beams", [2, 3, 5])
def test_it_finds_what_transformers_finds(num_beams: int, early: EarlyStopping, models: list[Any]) -> None:
    """With several length penalties, numbers of stop tokens, lengths and adjustments."""
    lengths: set[int] = set()
    cases = list(itertools.product(models, (-1.0, 0.0, 1.0, 2.5), ((), (1,), (1, 4, 9)), (1, 3, 14)))
    for model, penalty, stops, max_tokens in random.Random(f"{early} {num_beams}").sample(cases, k=12):
        others: dict[str, Any] = {}
        if penalty == 0 and max_tokens == 14:
            others = {"repetition_penalty": 1.3, "no_repeat_ngram_size": 3}
        params = make_params(num_beams, max_tokens=max_tokens, stops=stops, penalty=penalty, early=early, **others)
        found, agreed = search(model, params)
        due = model.generate(
            torch.tensor([PROMPT]),
            attention_mask=torch.ones(1, len(PROMPT), dtype=torch.int64),
            do_sample=False,
            max_new_tokens=max_tokens,
            num_beams=num_beams,
            num_return_sequences=num_beams,
            length_penalty=penalty,
            early_stopping=early,
            eos_token_id=list(stops) or None,
            pad_token_id=VOCAB_SIZE - 1,
            output_scores=True,
            return_dict_in_generate=True,
            **others,
        )
        count = len(due.beam_indices[0])
        for row, hypothesis in enumerate(found):
            tokens = due.sequences[row, len(PROMPT) :].tolist()
            assert list(hypothesis.tokens) == tokens[: len(hypothesis.tokens)], (penalty, stops, max_tokens)
            assert all(token == VOCAB_SIZE - 1 for token in tokens[len(hypothesis.tokens) :])
        scores = [hypothesis.score for hypothesis in found]
        assert scores == pytest.approx(due.sequences_scores.tolist()[: len(scores)], rel=1e-5, abs=1e-6)
        assert len(found) == num_beams or bool((due.sequences_scores[len(found) :] < -1e6).all())
        assert max(len(hypothesis.tokens) for hypothesis in found) <= count
        assert agreed[-1] == list(found[0].tokens)
        lengths.update(len(hypothesis.tokens) for hypothesis in found)
    assert len(lengths) > 1


@pytest.mark.parametrize("max_tokens", [1, 2, 3])
def test_with_enough_beams_the_likeliest_output_is_found(max_tokens: int) -> None:
    generator = np.random.default_rng(max_tokens)
    table: dict[tuple[int, ...], np.ndarray[Any, np.dtype[np.float32]]] = {}

    def logprobs(tokens: tuple[int, ...]) -> np.ndarray[Any, np.dtype[np.float32]]:
        if tokens not in table:
            weights = generator.random(4).astype(np.float32)
            table[tokens] = np.log(weights / weights.sum())
        return table[tokens]

    def outputs(tokens: tuple[int, ...], score: float) -> list[tuple[float, tuple[int, ...]]]:
        if tokens[-1:] == (0,) or len(tokens) == max_tokens:
            return [(score, tokens)]
        continued = (outputs((*tokens, token), score + float(logprobs(tokens)[token])) for token in range(4))
        return [each for some in continued for each in some]

    algorithm = BeamSearch(make_params(64, max_tokens=max_tokens, stops=(0,), penalty=0.0, early="never"))
    beams: list[tuple[int, ...]] = [()]
    while not algorithm.is_done:
        rows = [logprobs(beam) for beam in beams]
        orders = [np.argsort(-row, kind="stable") for row in rows]
        children = algorithm.advance([Candidates(order, row[order]) for order, row in zip(orders, rows, strict=True)])
        beams = [(*beams[parent], token) for parent, token in children]
    due = sorted(outputs((), 0.0), reverse=True)
    assert [each.tokens for each in algorithm.hypotheses()] == [tokens for _, tokens in due]


@given(
    num_beams=st.integers(1, 5),
    max_tokens=st.integers(1, 8),
    stops=st.lists(st.integers(0, 5), max_size=3, unique=True),
    penalty=st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0]),
    early=st.sampled_from(EARLY),
    data=st.data(),
)
def test_any_candidates(
    num_beams: int, max_tokens: int, stops: list[int], penalty: float, early: EarlyStopping, data: st.DataObject
) -> None:
    """No word is taken back, all beams and hypotheses are different, and the search ends in time."""
    params = make_params(num_beams, max_tokens=max_tokens, stops=tuple(stops), penalty=penalty, early=early)
    numbers = st.integers(-4, 0) | st.just(-math.inf)
    algorithm = BeamSearch(params)
    beams: list[tuple[int, ...]] = [()]
    agreed: list[int] = []
    for step in range(1, max_tokens + 1):
        assert algorithm.num_live == len(beams) > 0
        candidates = []
        for _ in beams:
            row = np.array(data.draw(st.lists(numbers, min_size=6, max_size=6)), dtype=np.float32)
            order = [token for token in np.argsort(-row, kind="stable").tolist() if row[token] > -math.inf]
            candidates.append(Candidates(np.array(order, dtype=np.int64), row[order]))
        children = algorithm.advance(candidates)
        beams = [(*beams[parent], token) for parent, token in children]
        assert len(set(beams)) == len(beams) <= num_beams
        assert all(len(beam) == step and beam[-1] not in stops for beam in beams)
        found = algorithm.hypotheses()
        assert len({each.tokens for each in found}) == len(found) <= num_beams
        assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
        now = algorithm.agreed(0)
        assert now[: len(agreed)] == agreed
        assert algorithm.agreed(2) == now[2:]
        agreed = now
        if algorithm.is_done:
            break
        assert all(list(beam[: len(agreed)]) == agreed for beam in beams)
    assert algorithm.is_done
    assert not beams
    if found:
        assert agreed == list(found[0].tokens)
