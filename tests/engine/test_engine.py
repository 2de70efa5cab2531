"""The main test of the engine: every request among many gets the output that transformers gives to it alone.

Random workloads go through the real engine and runner, in float32: prompts of all lengths, arrivals in different steps,
aborts, stop tokens, shared prefixes. Each greedy sequence must equal ``generate`` of transformers token for token, for
any chunk size and token budget, with and without prefix cache and preemption.
"""

import random
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch

from service.engine.execution.runner import ModelRunner
from service.engine.protocol.outputs import FinishReason, TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.sequence import Sequence
from service.engine.scheduling.step import Chunk, Step
from service.errors import OutOfMemory, RequestTooLarge
from tests.engine.configs import engine_config
from tests.engine.tiny_models import MAX_MODEL_LEN
from tests.engine.workloads import (
    Driver,
    Reference,
    ShortOfMemory,
    check,
    make_request,
    random_workload,
    short_of_memory_driver,
)

ARCHITECTURES = ("llama", "gpt2", "gemma2")  # rotary positions; learned positions; sliding windows and soft caps
ROOMY = {"num_blocks": 400}
CONFIGS: dict[str, dict[str, Any]] = {
    "default": ROOMY,
    "no prefix cache": ROOMY | {"prefix_caching": False},
    "chunks of 1": ROOMY | {"prefill_chunk": 1},
    "chunks of 3": ROOMY | {"prefill_chunk": 3},
    "chunks of 16": ROOMY | {"prefill_chunk": 16},
    "chunks of 64": ROOMY | {"prefill_chunk": 64},
    "budget of 1": ROOMY | {"max_batch_tokens": 1},
    "budget of 7": ROOMY | {"max_batch_tokens": 7},
    "two at once": ROOMY | {"max_num_seqs": 2},
    "blocks of 1": {"num_blocks": 1600, "block_size": 1},
    "few blocks": {"num_blocks": 24, "prefill_chunk": 5},
    "few blocks, no prefix cache": {"num_blocks": 24, "prefix_caching": False},
}
TIGHT = [name for name in CONFIGS if name.startswith("few blocks")]
FEW = ("default", "chunks of 3", "budget of 7", *TIGHT)  # those that find most mistakes
# Every configuration on one architecture; on the others a few, unless there is time.
CASES = [
    pytest.param(name, arch, marks=() if arch == ARCHITECTURES[0] or name in FEW else pytest.mark.slow)
    for arch in ARCHITECTURES
    for name in CONFIGS
]


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Reference]:
    return cache(lambda arch: Reference(arch, tmp_path_factory.mktemp(arch)))


# Greedy


@pytest.mark.parametrize(("name", "arch"), CASES)
def test_random_workloads_equal_generate(name: str, arch: str, reference: Callable[[str], Reference]) -> None:
    ref = reference(arch)
    driver = Driver(ref.path, **CONFIGS[name])
    for seed in range(2):
        work = random_workload(ref, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    preempted = sum(stats.num_preempted for stats in driver.stats)
    hits = sum(stats.cache_hit_tokens for stats in driver.stats)
    assert (preempted > 0) == (name in TIGHT)
    assert (hits > 0) == CONFIGS[name].get("prefix_caching", True)


@pytest.mark.parametrize("arch", ["llama", "gpt2"])
def test_failed_allocations_do_not_change_the_output(arch: str, reference: Callable[[str], Reference]) -> None:
    """With few blocks, so that sequences are preempted too."""
    ref = reference(arch)
    driver, forward_pass = short_of_memory_driver(ref.path, **CONFIGS["few blocks"])
    for seed in range(2):
        work = random_workload(ref, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert forward_pass.failures > 5


def test_a_failed_step_leaves_nothing_in_the_cache(reference: Callable[[str], Reference]) -> None:
    runner = ModelRunner(engine_config(reference("llama").path, device="cpu", num_blocks=4))
    runner.forward_pass = ShortOfMemory(runner.forward_pass)
    request = make_request("a", (5,) * 40)
    sequence = Sequence(request, block_table=[0, 1, 2])
    with pytest.raises(OutOfMemory, match="allocate"):
        runner.run(Step([Chunk(sequence, 0, 40)]))
    assert not any(layer.key.any() or layer.value.any() for layer in runner.cache.layers)


def test_a_warm_prefix_cache_does_not_change_the_output(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=60)
    for seed in (5, 5, 6, 5):
        work = random_workload(ref, seed)
        check(driver.run(work.arrivals, work.aborts), work)


def test_many_requests_of_one_prompt(reference: Callable[[str], Reference]) -> None:
    """n choices: the prompt is computed once, and all requests get the same greedy output."""
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=400)
    prompt = max(ref.prompts, key=len)
    runs = driver.run((0, make_request(str(n), prompt)) for n in range(8))
    assert all(run.tokens == ref.greedy(prompt) for run in runs.values())
    computed = sum(stats.num_prefill_tokens for stats in driver.stats)
    assert computed < len(prompt) + 8 * 4


def test_cached_prefixes_are_used_only_under_the_same_salt(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=400)
    prompt = max(ref.prompts, key=len)
    params = SamplingParams(max_tokens=3, temperature=0.0)
    for salt, is_cached in (("a", False), ("b", False), ("a", True)):
        run = driver.run_one(Request(id="", prompt=prompt, params=params, cache_salt=salt))
        assert run.tokens == ref.greedy(prompt)[:3]
        assert (run.outputs[0].num_cached > 0) == is_cached


def test_greedy_with_repetition_penalty_and_min_tokens(reference: Callable[[str], Reference]) -> None:
    ref = reference("gpt2")
    driver = Driver(ref.path, num_blocks=40, prefill_chunk=3)
    requests, expected = [], {}
    for number, prompt in enumerate(ref.prompts):
        requests.append((number, make_request(f"{number} penalty", prompt, repetition_penalty=1.6)))
        expected[f"{number} penalty"] = ref.greedy(prompt, repetition_penalty=1.6)
    runs = driver.run(requests)
    assert {name: run.tokens for name, run in runs.items()} == expected
    prompt = ref.prompts[0]
    first = ref.greedy(prompt)[0]
    run = driver.run_one(make_request("min", prompt, stop_token_ids=(first,), min_tokens=4, max_tokens=9))
    assert first not in run.tokens[:4]
    assert len(run.tokens) >= 5 or run.finish == FinishReason.LENGTH


def test_requests_that_can_never_fit_are_refused(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=10)
    longest = make_request("a", ref.prompts[0][:1], max_tokens=39)
    assert len(driver.run_one(longest).tokens) == 39
    with pytest.raises(RequestTooLarge, match=r"41 tokens.*40 tokens"):
        driver.engine.add(make_request("b", ref.prompts[0][:1], max_tokens=40))
    roomy = Driver(ref.path, num_blocks=400)
    with pytest.raises(RequestTooLarge, match=str(MAX_MODEL_LEN)):
        roomy.engine.add(make_request("c", ref.prompts[0][:1], max_tokens=MAX_MODEL_LEN))


def test_an_abort_frees_the_blocks_at_once(reference: Callable[[str], Reference]) -> None:
    ref = reference("llama")
    driver = Driver(ref.path, num_blocks=60, prefill_chunk=4)
    prompt = max(ref.prompts, key=len)
    for steps in (0, 1, 3, 20):  # waiting, in its prompt, decoding
        driver.engine.add(make_request("x", prompt))
        for _ in range(steps):
            driver.engine.step()
        assert driver.engine.abort("x")
        assert not driver.engine.abort("x")
        assert driver.engine.blocks_used == 0
        assert not driver.engine.has_work


# Sampling


def sampling_requests(ref: Reference, count: int) -> list[Request]:
    """Requests that draw, with all kinds of parameters. Some share a prompt and differ only in their seed."""
    kinds: list[dict[str, Any]] = [
        {"temperature": 1.0},
        {"temperature": 0.8, "top_k": 12, "top_p": 0.9},
        {"temperature": 1.2, "top_p": 0.7, "frequency_penalty": 0.4},
        {"temperature": 1.5, "min_p": 0.02, "repetition_penalty": 1.2},
        {"temperature": 0.9, "presence_penalty": 1.0, "logit_bias": {7: 3.0, 9: -100.0}},
        {"temperature": 1.0, "top_p": 0.95, "logprobs": 2},
    ]
    return [
        make_request(str(n), ref.prompts[n % 5], seed=n, max_tokens=6 + n % 15, **kinds[n % len(kinds)])
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def tokens_alone(reference: Callable[[str], Reference]) -> dict[str, list[int]]:
    """The tokens that each of 18 sampling requests has alone."""
    ref = reference("llama")
    alone = Driver(ref.path, **ROOMY)
    return {request.id: alone.run_one(request).tokens for request in sampling_requests(ref, 18)}


@pytest.mark.parametrize("name", ["default", "budget of 7", *TIGHT])
def test_seeds_give_the_same_tokens_alone_and_among_others(
    name: str, reference: Callable[[str], Reference], tokens_alone: dict[str, list[int]]
) -> None:
    ref, expected = reference("llama"), tokens_alone
    requests = sampling_requests(ref, 18)
    generator = random.Random(name)
    crowd = Driver(ref.path, **CONFIGS[name])
    runs = crowd.run((generator.randint(0, 12), request) for request in requests)
    assert {request: run.tokens for request, run in runs.items()} == expected
    assert len({tuple(tokens[:6]) for tokens in expected.values()}) > 15  # seeds matter


def test_a_request_continues_in_another_engine(reference: Callable[[str], Reference]) -> None:
    """Replay: with the delivered tokens as ``generated``, the other tokens are the same as without the restart."""
    ref = reference("llama")
    for request in sampling_requests(ref, 12):
        whole = Driver(ref.path, **ROOMY).run_one(request).tokens
        cut = len(whole) // 3
        rest = Request(id="again", prompt=request.prompt, params=request.params, generated=tuple(whole[:cut]))
        assert Driver(ref.path, **CONFIGS["chunks of 3"]).run_one(rest).tokens == whole[cut:]


# Log probabilities


def assert_logprobs(found: TokenLogprob, due: torch.Tensor, token: int, k: int) -> None:
    assert found.token == token
    assert found.logprob == pytest.approx(float(due[token]), abs=1e-4)
    values, ids = due.topk(k)
    assert [token for token, _ in found.top] == ids.tolist()
    assert [value for _, value in found.top] == pytest.approx(values.tolist(), abs=1e-4)


@pytest.mark.parametrize("name", ["default", "chunks of 1", "chunks of 3", "budget of 7", *TIGHT])
def test_scoring_equals_the_log_softmax_of_transformers(name: str, reference: Callable[[str], Reference]) -> None:
    """max_tokens of 0 with prompt_logprobs: every prompt token is scored, even if others use the prefix cache."""
    ref = reference("llama")
    driver = Driver(ref.path, **CONFIGS[name])
    scoring = [
        (number, make_request(f"score {number}", prompt, max_tokens=0, prompt_logprobs=number % 4))
        for number, prompt in enumerate(ref.prompts)
    ]
    others = [(number, make_request(f"other {number}", prompt)) for number, prompt in enumerate(ref.prompts)]
    runs = driver.run(scoring + others)
    for number, prompt in enumerate(ref.prompts):
        (output,) = runs[f"score {number}"].outputs
        assert (output.token, output.finish) == (None, FinishReason.LENGTH)
        assert len(output.prompt_logprobs) == len(prompt)
        assert output.prompt_logprobs[0] is None
        due = ref.logprobs(prompt)
        for place, found in enumerate(output.prompt_logprobs[1:]):
            assert found is not None
            assert_logprobs(found, due[place], prompt[place + 1], number % 4)
        assert runs[f"other {number}"].tokens == ref.greedy(prompt)


def test_prompt_and_output_logprobs_together(reference: Callable[[str], Reference]) -> None:
    ref = reference("gemma2")
    driver = Driver(ref.path, **CONFIGS["few blocks"])
    requests = [
        (number, make_request(str(number), prompt, max_tokens=8, logprobs=3, prompt_logprobs=1))
        for number, prompt in enumerate(ref.prompts)
    ]
    for name, run in driver.run(requests).items():
        prompt = ref.prompts[int(name)]
        assert run.tokens == ref.greedy(prompt)[:8]
        due = ref.logprobs((*prompt, *run.tokens))
        assert [len(output.prompt_logprobs) for output in run.outputs] == [len(prompt)] + [0] * 7
        for place, found in enumerate(run.outputs[0].prompt_logprobs[1:]):
            assert found is not None
            assert_logprobs(found, due[place], prompt[place + 1], 1)
        for place, output in enumerate(run.outputs, start=len(prompt) - 1):
            assert output.logprob is not None
            assert output.token is not None
            assert_logprobs(output.logprob, due[place], output.token, 3)
