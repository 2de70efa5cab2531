"""Constraints: the engine generates what they allow, and log probabilities are relative to the allowed tokens."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.messages import decode_command
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.token_graph import TokenGraph
from service.engine.sampling.logit_adjustments import apply_constraints
from service.engine.sampling.sampler import Sampler
from service.engine.scheduling.sequence import Sequence
from service.processes.messages import Submit, encode
from tests.engine.configs import engine_config
from tests.engine.constrained import constrained
from tests.engine.phrase_graphs import END, phrase_graph, phrase_lists
from tests.engine.stepping import prompt, reference_logits
from tests.engine.tiny_models import build_model, save_model


@given(phrase_lists, st.integers(0, 1 << 32), st.sampled_from([0.0, 1.0]))
def test_every_output_is_a_phrase(phrases: list[tuple[int, ...]], seed: int, temperature: float) -> None:
    graph = phrase_graph(*phrases)
    params = SamplingParams(
        max_tokens=10, temperature=temperature, seed=seed, stop_token_ids=(END,), constraint=graph, logprobs=0
    )
    generator = torch.Generator().manual_seed(seed)
    generated: tuple[int, ...] = ()
    while not generated or generated[-1] != END:
        sequence = constrained(Request(id="", prompt=(0,), generated=generated, params=params))
        (sampled,) = Sampler(8, torch.device("cpu")).sample(torch.randn(1, 8, generator=generator), [sequence])
        assert not sampled.error
        generated += (sampled.token,)
    assert generated[:-1] in phrases


def test_logprobs_are_relative_to_the_allowed_tokens() -> None:
    logits = torch.tensor([[1.0, 2.0, 3.0, 4.0]] * 2)
    free = Sequence(Request(id="a", prompt=(0,), params=SamplingParams(max_tokens=1, temperature=0, logprobs=4)))
    params = SamplingParams(max_tokens=1, temperature=0, logprobs=4, constraint=phrase_graph((0,), (1,)))
    bound = constrained(Request(id="b", prompt=(0,), params=params))
    first, second = Sampler(4, torch.device("cpu")).sample(logits, [free, bound])
    assert (first.token, second.token) == (3, 1)
    assert second.logprob is not None
    assert first.logprob is not None
    assert second.logprob.logprob == pytest.approx(-math.log(1 + math.exp(-1)))
    assert [token for token, _ in second.logprob.top] == [1, 0]
    assert first.logprob.logprob == pytest.approx(float(logits[0].log_softmax(-1)[3]))


def test_without_a_constraint_the_logits_are_returned_as_they_are() -> None:
    logits = torch.zeros(1, 4)
    sequence = Sequence(Request(id="", prompt=(0,), params=SamplingParams(max_tokens=1)))
    assert apply_constraints(logits, [sequence]) is logits


def test_a_nan_among_the_allowed_tokens_is_an_error() -> None:
    logits = torch.tensor([[math.nan, 0.0, 1.0, 2.0]])
    params = SamplingParams(max_tokens=1, temperature=0, constraint=phrase_graph((0,), (1,)))
    (sampled,) = Sampler(4, torch.device("cpu")).sample(
        logits, [constrained(Request(id="", prompt=(0,), params=params))]
    )
    assert sampled.error


@pytest.mark.parametrize("limits", [{"num_blocks": 400}, {"num_blocks": 12, "prefill_chunk": 5}])
def test_among_others_each_sequence_takes_the_best_allowed_token(tmp_path: Path, limits: dict[str, Any]) -> None:
    model = build_model("llama")
    save_model(model, tmp_path)
    known = [tuple(prompt(length, seed)) for seed, length in enumerate([3, 9, 9, 20, 20])]
    graph = phrase_graph(*known, known[1][:4] + known[2])
    stop = 2
    params = SamplingParams(max_tokens=24, temperature=0, stop_token_ids=(stop,), constraint=graph)
    config = engine_config(tmp_path, device="cpu", dtype="float32", max_model_len=96, **limits)
    engine = Engine(ModelRunner(config), config)
    prompts = {f"bound {seed}": prompt(20 + 5 * seed, seed) for seed in range(5)}
    for name, tokens in prompts.items():
        request = Request(id=name, prompt=tuple(tokens), params=params)
        (request,) = decode_command(encode(Submit([request]))).requests
        engine.add(request)
    for seed in range(3):
        free = SamplingParams(max_tokens=40, temperature=0)
        engine.add(Request(id=f"free {seed}", prompt=tuple(prompt(30, 50 + seed)), params=free))
    found: dict[str, list[int]] = {}
    preempted = 0
    while engine.has_work:
        step = engine.step()
        preempted += step.stats.num_preempted
        for output in step.outputs:
            assert not output.error
            assert output.token is not None
            found.setdefault(output.request_id, []).append(output.token)
    assert preempted or limits["num_blocks"] == 400
    for name, tokens in prompts.items():
        assert found[name] == _best_allowed(model, tokens, graph, stop)


def _best_allowed(model: Any, tokens: list[int], graph: TokenGraph, stop: int) -> list[int]:
    chosen: list[int] = []
    while not chosen or chosen[-1] != stop:
        logits = reference_logits(model, tokens + chosen)[-1]
        allowed = graph.allowed_tokens(graph.advance(graph.start_nodes, chosen), [stop])
        chosen.append(max(allowed, key=lambda token: float(logits[token])))
    return chosen
