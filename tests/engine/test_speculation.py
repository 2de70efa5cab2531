"""The main test of guesses: they change no output, however right or wrong they are.

Random workloads go through the real engine and runner with a speculator that always guesses. Each greedy sequence
equals ``generate`` of transformers, and each one that draws has the tokens that it has without guesses: the draw of
a place depends on the seed and the place alone.
"""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from service.engine.execution.runner import ModelRunner
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.models.native import kernels
from tests.engine.guessing import Continue, Guessing
from tests.engine.test_engine import ARCHITECTURES, CONFIGS, TIGHT, sampling_requests
from tests.engine.tiny_models import VOCAB_SIZE
from tests.engine.workloads import (
    Driver,
    Reference,
    Run,
    check,
    make_request,
    random_workload,
    short_of_memory_driver,
)

CHANCES = {"right": 1.0, "wrong": 0.0, "mixed": 0.7}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reference]:
    return cache(lambda arch: Reference(arch, tmp_path_factory.mktemp(arch)))


def greedy(reference: Reference) -> Continue:
    def continuation(sequence: Sequence, count: int) -> list[int]:
        prompt = sequence.request.prompt
        if prompt not in reference.prompts:
            return []
        done = sequence.num_generated
        return reference.greedy(prompt)[done : done + count]

    return continuation


def recorded(runs: dict[str, Run]) -> Continue:
    """The tokens that each request has had before."""
    return lambda sequence, count: runs[sequence.id].tokens[sequence.num_generated :][:count]


def guess(driver: Driver, continuation: Continue, chance: float, most: int = 6) -> Guessing:
    """Let the driver's engine guess."""
    guessing = Guessing(continuation, chance=chance, vocab_size=VOCAB_SIZE, most=most)
    driver.engine._scheduler._proposals._speculator = guessing
    return guessing


def accepted(driver: Driver) -> int:
    return sum(stats.num_accepted_tokens for stats in driver.stats)


NAMES = ["default", "no prefix cache", "budget of 7", "two at once", "blocks of 1", *TIGHT]
# Every configuration with every kind of guess on one architecture; on the others those that find most mistakes.
CASES = [(name, kind, "llama") for name in NAMES for kind in CHANCES]
CASES += [(name, "mixed", arch) for arch in ARCHITECTURES if arch != "llama" for name in ("default", TIGHT[0])]


@pytest.mark.parametrize("seeds", [range(2), pytest.param(range(2, 8), marks=pytest.mark.slow)], ids=str)
@pytest.mark.parametrize(("name", "kind", "arch"), CASES)
def test_guesses_do_not_change_greedy_outputs(
    name: str, kind: str, arch: str, seeds: range, reference: Callable[[str], Reference]
) -> None:
    ref = reference(arch)
    driver = Driver(ref.path, **CONFIGS[name])
    guessing = guess(driver, greedy(ref), CHANCES[kind])
    for seed in seeds:
        work = random_workload(ref, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert guessing.num_proposed > 50
    assert (accepted(driver) > 50) == (kind != "wrong")
    if kind == "wrong":  # right guesses end sequences before blocks run out
        assert (sum(stats.num_preempted for stats in driver.stats) > 0) == (name in TIGHT)


@pytest.fixture(scope="module")
def without_guesses(reference: Callable[[str], Reference]) -> dict[str, Run]:
    """What each of 18 sampling requests has alone, without guesses."""
    ref = reference("llama")
    plain = Driver(ref.path, **CONFIGS["default"], speculation="off")
    return {request.id: plain.run_one(request) for request in sampling_requests(ref, 18)}


@pytest.mark.parametrize("kind", CHANCES)
@pytest.mark.parametrize("name", ["default", *TIGHT])
def test_guesses_do_not_change_what_is_drawn(
    name: str, kind: str, reference: Callable[[str], Reference], without_guesses: dict[str, Run]
) -> None:
    """With penalties, bias, log probabilities and seeds; the log probabilities are the same too."""
    ref, expected = reference("llama"), without_guesses
    requests = sampling_requests(ref, 18)
    driver = Driver(ref.path, **CONFIGS[name])
    guess(driver, recorded(expected), CHANCES[kind])
    generator = random.Random(name)
    runs = driver.run((generator.randint(0, 12), request) for request in requests)
    for id, run in runs.items():
        assert run.tokens == expected[id].tokens
        for found, due in zip(run.outputs, expected[id].outputs, strict=True):
            assert (found.logprob is None) == (due.logprob is None)
            if found.logprob is not None and due.logprob is not None:
                assert found.logprob.logprob == pytest.approx(due.logprob.logprob, abs=1e-4)
                assert [token for token, _ in found.logprob.top] == [token for token, _ in due.logprob.top]
    assert (accepted(driver) > 20) == (kind != "wrong")


@pytest.mark.skipif(kernels.load() is None, reason="this machine cannot compile the kernels")
def test_with_the_compiled_kernels_every_bit_is_the_same(tmp_path: Path) -> None:
    ref = Reference("llama", tmp_path, hidden_size=64, num_attention_heads=2, num_key_value_heads=1, head_dim=32)
    requests = [
        make_request(f"{n}", prompt, logprobs=3, temperature=n % 2, seed=n) for n, prompt in enumerate(ref.prompts)
    ]
    plain = Driver(ref.path, num_blocks=400, block_size=32, speculation="off")
    assert plain.runner.info.backend == "native"
    expected = {request.id: plain.run_one(request) for request in requests}
    driver = Driver(ref.path, num_blocks=400, block_size=32)
    guess(driver, recorded(expected), 0.7)
    runs = driver.run((0, request) for request in requests)
    assert accepted(driver) > 20
    for id, run in runs.items():
        assert [output.logprob for output in run.outputs] == [output.logprob for output in expected[id].outputs]


def test_failed_allocations_do_not_change_the_output(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver, forward_pass = short_of_memory_driver(ref.path, **CONFIGS["few blocks"])
    guess(driver, greedy(ref), 0.8)
    for seed in range(2):
        work = random_workload(ref, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert forward_pass.failures > 5
    assert accepted(driver) > 10


def test_a_request_continues_in_another_engine(reference: Callable[[str], Reference]) -> None:
    """Replay after a crash, in an engine that guesses."""
    ref = reference("llama")
    for request in sampling_requests(ref, 6):
        whole = Driver(ref.path, **CONFIGS["default"], speculation="off").run_one(request)
        cut = len(whole.tokens) // 3
        rest = Request(id="again", prompt=request.prompt, params=request.params, generated=tuple(whole.tokens[:cut]))
        driver = Driver(ref.path, **CONFIGS["default"])
        guess(driver, lambda sequence, count, whole=whole: whole.tokens[sequence.num_generated :][:count], 0.8)  # type: ignore[misc]
        assert driver.run_one(rest).tokens == whole.tokens[cut:]


def test_stop_tokens_count_from_min_tokens_on_also_among_guesses(reference: Callable[[str], Reference]) -> None:
    ref = reference("gpt2")
    prompt = ref.prompts[0]
    request = make_request("a", prompt, stop_token_ids=(ref.greedy(prompt)[0],), min_tokens=4, max_tokens=9)
    plain = Driver(ref.path, num_blocks=40, speculation="off").run_one(request)
    driver = Driver(ref.path, num_blocks=40)
    guess(driver, recorded({"a": plain}), 1.0)
    run = driver.run_one(request)
    assert (run.tokens, run.finish) == (plain.tokens, plain.finish)


def test_an_engine_speculates_by_itself_where_text_repeats(reference: Callable[[str], Reference]) -> None:
    """With the measured speculator: a repetition in the output, and a prediction of the client."""
    ref = reference("llama")
    prompt = ref.prompts[0]
    params = SamplingParams(max_tokens=100, temperature=0.0)
    expected = Driver(ref.path, num_blocks=400, speculation="off").run_one(
        Request(id="a", prompt=prompt, params=params)
    )
    driver = Driver(ref.path, num_blocks=400)
    request = Request(id="a", prompt=prompt, params=params, prediction=tuple(expected.tokens))
    run = driver.run_one(request)
    assert run.tokens == expected.tokens
    predicted = sum(output.was_predicted for output in run.outputs)
    assert 0 < predicted <= accepted(driver)
    assert len(driver.stats) < 90


def test_the_setting_switches_it_off(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")

    def make(config: EngineConfig) -> ModelRunner:
        assert config.speculation == "off"
        return ModelRunner(config)

    driver = Driver(ref.path, make, num_blocks=400, speculation="off")
    tokens = ref.greedy(ref.prompts[0])
    params = SamplingParams(max_tokens=len(tokens), temperature=0.0)
    run = driver.run_one(Request(id="a", prompt=ref.prompts[0], params=params, prediction=tuple(tokens)))
    assert run.tokens == tokens
    assert sum(stats.num_proposed_tokens for stats in driver.stats) == 0
