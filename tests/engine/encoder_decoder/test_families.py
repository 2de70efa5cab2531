"""Every family of encoder-decoders gives the tokens of transformers, whatever else is in the batch."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from service.engine.engine import Engine
from service.engine.execution.runner import ModelRunner
from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.outputs import FinishReason, Hypothesis, StepStats
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.protocol.source import Features, Source
from service.models.native import kernels
from tests.engine.configs import engine_config
from tests.engine.encoder_decoder.tiny_encoder_decoders import (
    CHANNELS,
    EOS,
    NAMES,
    PAD,
    START,
    beam_search,
    greedy,
    load_reference,
    next_logits,
    save,
)

MOST = 18  # tokens that are generated, also behind an end token
LENGTHS = (1, 7, 24, 13, 7)  # of sources; two of them are equal


def make_engine(path: Path, **config: Any) -> Engine:
    options = {"device": "cpu", "block_size": 4, "num_blocks": 64, "native_kernels": False} | config
    config_of_engine = engine_config(path, **options)
    return Engine(ModelRunner(config_of_engine), config_of_engine, clock=lambda: 0.0)  # turns depend on no speed


def sources(name: str) -> list[Any]:
    """Sources of several lengths: lists of tokens, or features of the one length that Whisper's encoder reads."""
    if name == "whisper":
        return [
            torch.from_numpy(np.random.default_rng(n).normal(size=(48, CHANNELS)).astype("float32")) for n in range(3)
        ]
    return [random.Random(length).choices(range(3, 70), k=length) for length in LENGTHS]


def as_source(source: Any) -> Source:
    if isinstance(source, torch.Tensor):
        return Features(source.numpy().tobytes(), CHANNELS, len(source) // 2)
    return tuple(source)


def request(number: int, source: Any, prompt: list[int], **params: Any) -> Request:
    options: dict[str, Any] = {"max_tokens": MOST, "temperature": 0.0} | params
    return Request(
        id=f"{number}", prompt=tuple(prompt), source=as_source(source), params=SamplingParams(**options), arrival=number
    )


def search(engine: Engine, requests: list[Request]) -> dict[str, tuple[Hypothesis, ...]]:
    """What beam searches that come while earlier ones run find."""
    found: dict[str, tuple[Hypothesis, ...]] = {}
    waiting = list(requests)
    while waiting or engine.has_work:
        if waiting:
            engine.add(waiting.pop(0))
        for output in engine.step().outputs:
            assert output.finish is not FinishReason.ERROR, output.error
            if output.hypotheses:
                found[output.request_id] = output.hypotheses
    assert engine.blocks_used == 0
    return found


def run(engine: Engine, requests: list[Request], *, at_once: bool) -> tuple[dict[str, list[int]], list[StepStats]]:
    """The tokens of each request, and the statistics of the steps. Requests come at once, or while earlier ones run."""
    tokens: dict[str, list[int]] = {each.id: [] for each in requests}
    stats = []
    waiting = list(requests)
    while waiting or engine.has_work:
        while waiting:
            engine.add(waiting.pop(0))
            if not at_once:
                break
        step = engine.step()
        stats.append(step.stats)
        for output in step.outputs:
            assert output.finish is not FinishReason.ERROR, output.error
            if output.token is not None:
                tokens[output.request_id].append(output.token)
    assert engine.blocks_used == 0
    return tokens, stats


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def model(name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    path = tmp_path_factory.mktemp("model")
    save(name, path)
    return path, load_reference(path)


@pytest.mark.parametrize("num_blocks", [64, 20])
def test_a_mixed_batch_matches_transformers(name: str, model: tuple[Path, Any], num_blocks: int) -> None:
    """Sources of several lengths, equal ones among them, and prompts of several tokens. Few blocks: preemptions."""
    path, reference = model
    engine = make_engine(path, num_blocks=num_blocks, max_batch_tokens=20, max_model_len=24, prefill_chunk=3)
    prompts = [[START], [START, 5, 9], [START, 30, 31, 32, 33, 34]]
    pairs = [(source, prompts[number % 3]) for number, source in enumerate(2 * sources(name))]
    found, stats = run(engine, [request(number, *pair) for number, pair in enumerate(pairs)], at_once=num_blocks < 64)
    for number, (source, prompt) in enumerate(pairs):
        assert found[f"{number}"] == greedy(reference, source, prompt, MOST)
    if num_blocks == 64:
        assert sum(step.cache_hit_tokens for step in stats) > 0  # equal sources are not encoded again
    else:
        assert sum(step.num_preempted for step in stats) > 0


@pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")
def test_the_kernels_match_transformers(name: str, model: tuple[Path, Any]) -> None:
    """In a mixed batch, as above."""
    path, reference = model
    engine = make_engine(path, native_kernels=True, block_size=0, max_batch_tokens=20, prefill_chunk=3)
    assert engine.info.backend == "native"
    pairs = [(source, [START, 5, 9][: 1 + number % 3]) for number, source in enumerate(sources(name))]
    found, _ = run(engine, [request(number, *pair) for number, pair in enumerate(pairs)], at_once=False)
    for number, (source, prompt) in enumerate(pairs):
        assert found[f"{number}"] == greedy(reference, source, prompt, MOST)


def test_probabilities_are_those_of_transformers(name: str, model: tuple[Path, Any]) -> None:
    """Of sampled tokens too. A draw is a function of the probabilities, the seed and the position alone."""
    path, reference = model
    engine = make_engine(path)
    source = sources(name)[2]
    engine.add(request(0, source, [START, 5], temperature=1.0, logprobs=97, seed=7))
    engine.add(request(1, sources(name)[0], [START]))
    tokens: list[int] = []
    while engine.has_work:
        for output in engine.step().outputs:
            if output.request_id == "0" and output.logprob is not None:
                expected = next_logits(reference, source, [START, 5, *tokens]).log_softmax(-1)
                found = dict(output.logprob.top)
                assert len(found) == len(expected)
                worst = max(abs(found[token] - value) for token, value in enumerate(expected.tolist()))
                assert worst < 1e-4 * float(expected.abs().max())
                tokens.append(output.logprob.token)
    assert len(tokens) == MOST


@pytest.mark.parametrize("num_blocks", [200, 40])
def test_beams_find_what_transformers_finds(name: str, model: tuple[Path, Any], num_blocks: int) -> None:
    """The beams of a search have one source, whose blocks they share. Few blocks: preemptions."""
    path, reference = model
    engine = make_engine(path, num_blocks=num_blocks, max_batch_tokens=20, max_model_len=24, prefill_chunk=3)
    options: list[dict[str, Any]] = [{"num_beams": 4}, {"num_beams": 2, "length_penalty": 2.0}, {"num_beams": 3}]
    cases = list(zip(sources(name), options, ([START], [START, 5, 9], [START, 30, 31, 32, 33]), strict=False))
    stops = (EOS, 40)
    found = search(
        engine,
        [
            request(number, source, prompt, max_tokens=9, stop_token_ids=stops, beams=BeamParams(num_return=2, **beams))
            for number, (source, beams, prompt) in enumerate(cases)
        ],
    )
    for number, (source, beams, prompt) in enumerate(cases):
        due = beam_search(reference, source, prompt, max_new_tokens=9, eos_token_id=list(stops), **beams)
        for hypothesis, (tokens, score) in zip(found[f"{number}"], due, strict=True):
            assert list(hypothesis.tokens) == tokens[: len(hypothesis.tokens)]
            assert set(tokens[len(hypothesis.tokens) :]) <= {PAD}
            assert hypothesis.score == pytest.approx(score, rel=1e-4, abs=1e-4)
