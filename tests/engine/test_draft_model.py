"""Guesses of a draft model change no output, however good the draft model is.

As in ``test_speculation``, random workloads go through the real engine and runner. The engine guesses wherever it can.
"""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from service.engine.attention.batch import Batch
from service.engine.protocol.request import Request
from service.models.contracts.step_view import Ints
from service.models.native import kernels
from service.models.native.decoder import NativeDecoder
from tests.engine.draft_models import accepted, drafted, drafting_driver, save_draft_model
from tests.engine.test_engine import CONFIGS, TIGHT, sampling_requests
from tests.engine.workloads import Driver, Reference, Run, check, make_request, random_workload

NOISE = {"right": 0.0, "mixed": 0.03, "wrong": 9.0}
NAMES = ["default", "no prefix cache", "chunks of 16", "blocks of 1", *TIGHT]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reference]:
    return cache(lambda arch: Reference(arch, tmp_path_factory.mktemp(arch)))


@pytest.fixture(scope="module")
def draft(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The directory of a draft model by its kind, or by its architecture."""
    return cache(
        lambda kind: save_draft_model(
            tmp_path_factory.mktemp(kind),
            noise=NOISE.get(kind, 0.0),
            arch="llama" if kind in NOISE else kind,
        )
    )


CASES = [(name, "mixed", "llama") for name in NAMES]
CASES += [("default", kind, "llama") for kind in ("right", "wrong", "gpt2")]
CASES += [("default", arch, arch) for arch in ("gpt2", "gemma2")]  # learned positions; sliding windows


@pytest.mark.parametrize(("name", "kind", "arch"), CASES)
def test_guesses_do_not_change_greedy_outputs(
    name: str, kind: str, arch: str, reference: Callable[[str], Reference], draft: Callable[[str], Path]
) -> None:
    ref = reference(arch)
    driver = drafting_driver(ref.path, draft(kind), **CONFIGS[name])
    work = random_workload(ref, 1, count=24 if name in TIGHT else 14)
    check(driver.run(work.arrivals, work.aborts), work)
    assert drafted(driver) > 10
    if kind in ("right", arch):
        assert accepted(driver) > 0.8 * sum(stats.num_proposed_tokens for stats in driver.stats)
    assert (accepted(driver) > 5) == (kind not in ("wrong", "gpt2") or kind == arch)


@pytest.fixture(scope="module")
def without_guesses(reference: Callable[[str], Reference]) -> dict[str, Run]:
    """What each of 10 sampling requests has alone, without guesses."""
    ref = reference("llama")
    plain = Driver(ref.path, **CONFIGS["default"], speculation="off")
    return {request.id: plain.run_one(request) for request in sampling_requests(ref, 10)}


@pytest.mark.parametrize(("name", "kind"), [("default", "right"), ("default", "mixed"), (TIGHT[0], "mixed")])
def test_guesses_do_not_change_what_is_drawn(
    name: str,
    kind: str,
    reference: Callable[[str], Reference],
    draft: Callable[[str], Path],
    without_guesses: dict[str, Run],
) -> None:
    """With penalties, bias, log probabilities and seeds. The draft model draws with them too, so it is often right."""
    ref, expected = reference("llama"), without_guesses
    requests = sampling_requests(ref, 10)
    driver = drafting_driver(ref.path, draft(kind), **CONFIGS[name])
    generator = random.Random(name)
    runs = driver.run((generator.randint(0, 12), request) for request in requests)
    for id, run in runs.items():
        assert run.tokens == expected[id].tokens
        for found, due in zip(run.outputs, expected[id].outputs, strict=True):
            assert (found.logprob is None) == (due.logprob is None)
            if found.logprob is not None and due.logprob is not None:
                assert found.logprob.logprob == pytest.approx(due.logprob.logprob, abs=1e-4)
    assert accepted(driver) > 0
    if kind == "right":
        assert accepted(driver) > 10
        assert accepted(driver) > 0.9 * sum(stats.num_proposed_tokens for stats in driver.stats)


@pytest.mark.skipif(kernels.load() is None, reason="this machine cannot compile the kernels")
@pytest.mark.parametrize("quantization", ["auto", "none"])
def test_with_the_compiled_kernels_every_bit_is_the_same(tmp_path: Path, quantization: str) -> None:
    shape: dict[str, Any] = {"hidden_size": 64, "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 32}
    ref = Reference("llama", tmp_path / "model", **shape)
    small = save_draft_model(tmp_path / "draft", noise=0.0, **shape)
    requests = [
        make_request(f"{n}", prompt, logprobs=3, temperature=n % 2, seed=n) for n, prompt in enumerate(ref.prompts)
    ]
    plain = Driver(ref.path, num_blocks=400, block_size=32, speculation="off")
    assert plain.runner.info.backend == "native"
    expected = {request.id: plain.run_one(request) for request in requests}
    driver = drafting_driver(ref.path, small, num_blocks=400, block_size=32, draft_quantization=quantization)
    runner = driver.runner.draft_runner
    assert runner is not None
    assert isinstance(runner.model, NativeDecoder)
    assert runner.model.quantization == ("int8" if quantization == "auto" else "none")
    runs = driver.run((0, request) for request in requests)
    assert accepted(driver) > 20
    for id, run in runs.items():
        assert [output.logprob for output in run.outputs] == [output.logprob for output in expected[id].outputs]


def test_a_request_continues_in_another_engine(
    reference: Callable[[str], Reference], draft: Callable[[str], Path]
) -> None:
    """Replay after a crash."""
    ref = reference("llama")
    request = sampling_requests(ref, 6)[1]
    whole = Driver(ref.path, **CONFIGS["default"], speculation="off").run_one(request)
    cut = len(whole.tokens) // 3
    rest = Request(id="again", prompt=request.prompt, params=request.params, generated=tuple(whole.tokens[:cut]))
    driver = drafting_driver(ref.path, draft("right"), **CONFIGS["default"])
    assert driver.run_one(rest).tokens == whole.tokens[cut:]
    assert accepted(driver) > 0


@pytest.mark.parametrize("failure", ["raises", "not finite"])
def test_a_draft_model_that_fails_ends_no_request(
    failure: str, reference: Callable[[str], Reference], draft: Callable[[str], Path]
) -> None:
    ref = reference("llama")
    driver = drafting_driver(ref.path, draft("right"), **CONFIGS["default"])
    runner = driver.runner.draft_runner
    assert runner is not None
    forward_pass, calls = runner.forward_pass, []

    class Failing:
        def hidden(self, batch: Batch) -> torch.Tensor:
            calls.append(batch.num_rows)
            if failure == "raises" and len(calls) == 3:
                raise RuntimeError("a fault")
            hidden = forward_pass.hidden(batch)
            return hidden * torch.nan if failure == "not finite" and len(calls) == 3 else hidden

        def all_finite(self, hidden: torch.Tensor) -> bool:
            return forward_pass.all_finite(hidden)

        def copy_blocks(self, copies: Ints) -> None:
            forward_pass.copy_blocks(copies)

        def discard(self, slots: Ints) -> None:
            forward_pass.discard(slots)

    runner.forward_pass = Failing()
    prompts = ref.prompts[:4]
    runs = driver.run((5 * n, make_request(f"{n}", prompt)) for n, prompt in enumerate(prompts))
    for n, prompt in enumerate(prompts):
        assert runs[f"{n}"].tokens == ref.greedy(prompt)
    assert (len(calls) == 3) == (failure == "raises")  # it rests for longer than this test takes
