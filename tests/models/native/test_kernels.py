"""The compiled kernels: equal to transformers, and the same bits for a row whatever else is computed."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from service.engine.execution.runner import ModelRunner
from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import EngineError, UnsupportedModel
from service.models.native import decoder as native_decoder
from service.models.native import kernels as native
from service.models.native.kernels import block_size
from service.models.native.structures import F32, INT8, KernelLinear
from tests.engine.configs import engine_config
from tests.engine.stepping import Stepper, prompt, reference_logits
from tests.engine.test_spine import LONGEST, Driver, Reference, check, random_workload
from tests.engine.tiny_models import NATIVE_SHAPE as SHAPE
from tests.engine.tiny_models import VOCAB_SIZE, WINDOW, build_model, save_model

pytestmark = pytest.mark.skipif(native.load() is None, reason="there is no compiler, or no AVX2")

FAMILIES = {
    "llama": SHAPE | {"attention_bias": True},
    "mistral": SHAPE,
    "qwen2": SHAPE | {"num_key_value_heads": 6},
    "qwen3": SHAPE | {"tie_word_embeddings": True},
}
# The longest request of these tests, prompt and output, in tokens. A pool that holds no more makes sequences compete.
LONGEST_REQUEST = 96
CONFIGS: dict[str, dict[str, Any]] = {
    "default": {},
    "no prefix cache": {"prefix_caching": False},
    "chunks of 1": {"prefill_chunk": 1},
    "chunks of 7": {"prefill_chunk": 7, "threads": 1},
    "few blocks": {"prefill_chunk": 5},
}


@pytest.fixture(scope="module", params=[8, 16], ids="{} lanes".format, autouse=True)
def lanes(request: pytest.FixtureRequest) -> Iterator[int]:
    """Both layouts of the kernels, on any processor that has one of them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(native.LANES_VARIABLE, str(request.param))
        yield request.param


def few_blocks() -> int:
    """As many blocks as the longest request needs."""
    return -(-LONGEST_REQUEST // block_size())


def make_driver(path: Path, **config: Any) -> Driver:
    """An engine with blocks of the kernels' size, and plenty of them unless ``num_blocks`` says otherwise."""
    driver = Driver(path, **({"block_size": block_size(), "num_blocks": 300} | config))
    assert driver.engine.info.backend == "native"
    return driver


def make_runner(path: Path, **config: Any) -> ModelRunner:
    runner = ModelRunner(engine_config(path, **({"device": "cpu", "num_blocks": 64} | config)))
    assert runner.info.backend == "native"
    return runner


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return Reference("llama", tmp_path_factory.mktemp("llama"), **SHAPE)


def assert_equals_transformers(path: Path, **config: Any) -> None:
    """Chunks that begin and end anywhere, beside decodes, in scattered blocks."""
    reference = AutoModelForCausalLM.from_pretrained(path, attn_implementation="eager").eval()
    stepper = Stepper(make_runner(path, **config))
    a, b, c, d = (stepper.add(prompt(length, length), str(length)) for length in (3, 30, 17, 100))
    stepper.step((b, 7), (d, 41))
    stepper.step((b, 23), (a, 3), (d, 59), (c, 17))
    for _ in range(4):
        stepper.decode(a, b, c, d)
    for sequence in (a, b, c, d):
        expected = reference_logits(reference, sequence.tokens[:-1])[sequence.num_prompt - 1 :]
        found = torch.stack(stepper.sampler.logits[sequence.id])
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_equals_transformers(family: str, tmp_path: Path) -> None:
    model = build_model(family, **FAMILIES[family])
    assert (getattr(model.config, "sliding_window", None) == WINDOW) == (family in ("mistral", "qwen2"))
    save_model(model, tmp_path)
    assert_equals_transformers(tmp_path)


@pytest.mark.parametrize("scaling", [{"rope_type": "linear", "factor": 2.0}, {"rope_type": "yarn", "factor": 2.0}])
def test_scaled_positions_equal_transformers(scaling: dict[str, Any], tmp_path: Path) -> None:
    save_model(build_model("llama", **SHAPE, rope_parameters={"rope_theta": 10000.0, **scaling}), tmp_path)
    assert_equals_transformers(tmp_path)


def test_the_block_size_follows_the_lanes(lanes: int, llama: Reference) -> None:
    assert block_size() == 2 * lanes
    assert make_runner(llama.path).info.block_size == 2 * lanes


def test_other_numbers_of_lanes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(native.LANES_VARIABLE, "12")
    with pytest.raises(EngineError, match="TRIVIUM_LANES is 12: it must be 8 or 16"):
        native.load()


@pytest.mark.parametrize("name", CONFIGS)
def test_random_workloads_equal_generate(name: str, llama: Reference) -> None:
    config = CONFIGS[name] | ({"num_blocks": few_blocks()} if name == "few blocks" else {})
    driver = make_driver(llama.path, **config)
    for seed in range(2):
        work = random_workload(llama, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert any(stats.num_preempted for stats in driver.stats) == (name == "few blocks")
    assert any(stats.cache_hit_tokens for stats in driver.stats) == (name != "no prefix cache")


def assert_is_close_to_float32(path: Path) -> None:
    """Eight bits are about one percent, whatever a neighbour's numbers are."""
    exact, eight = (Stepper(make_runner(path, quantization=kind)) for kind in ("none", "int8"))
    for stepper in (exact, eight):
        stepper.step(*((stepper.add(prompt(n, n), str(n)), n) for n in (20, 31)))
    for name, rows in exact.sampler.logits.items():
        expected, found = torch.stack(rows), torch.stack(eight.sampler.logits[name])
        error = (expected - found).norm() / expected.norm()
        assert 0.001 < error < 0.06


def test_int8_is_close_to_float32(llama: Reference) -> None:
    assert_is_close_to_float32(llama.path)


def int8_product(x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
    """``x @ weights.T`` as the kernels compute it with weights of 8 bits."""
    compiled = native.load()
    assert compiled is not None
    n, k = weights.shape
    panels, scales = torch.zeros(n * (k + k % 2), dtype=torch.int8), torch.zeros(n)
    compiled.trivium_pack(weights.data_ptr(), F32, panels.data_ptr(), INT8, scales.data_ptr(), n, k)
    linear = KernelLinear(panels=panels.data_ptr(), scales=scales.data_ptr(), n=n, k=k, kind=INT8)
    found = torch.zeros(len(x), n)
    team = compiled.trivium_create_team(1)
    compiled.trivium_linear(team, linear, x.data_ptr(), len(x), found.data_ptr())
    compiled.trivium_delete_team(team)
    return found


@pytest.mark.parametrize("k", [1, 63, 896, 4864, 65536])
def test_the_largest_sums_of_int8_fit(k: int) -> None:
    """Every weight and every activation is its row's largest: no sum can be larger."""
    weights, x = torch.full((2 * block_size(), k), 0.5), torch.tensor([[3.0], [-3.0]]).repeat(1, k)
    weights[1::2] *= -1
    torch.testing.assert_close(int8_product(x, weights), x @ weights.T, rtol=1e-5, atol=0)


@pytest.mark.parametrize("k", [72, 896, 4864])
def test_one_large_activation_does_not_drown_the_others(k: int) -> None:
    """Language models have them: fifty times the rest. What is lost is what the weights lose."""
    generator = torch.Generator().manual_seed(k)
    weights, x = (torch.randn(rows, k, generator=generator) for rows in (2 * block_size(), 5))
    x[:, 3] *= 50
    expected = x @ weights.T
    assert (int8_product(x, weights) - expected).norm() / expected.norm() < 0.015


# The same bits


def probe(name: str, *, seed: int) -> Request:
    """A request whose every number is looked at."""
    params = SamplingParams(max_tokens=12, temperature=0.8, seed=seed, logprobs=5, prompt_logprobs=0)
    return Request(id=name, prompt=tuple(prompt(37, 5)), params=params)


def cached_probe(name: str, *, seed: int) -> Request:
    """The same without what keeps the prefix cache from being used."""
    params = SamplingParams(max_tokens=12, temperature=0.8, seed=seed, logprobs=5)
    return Request(id=name, prompt=tuple(prompt(37, 5)), params=params)


def numbers(driver: Driver, arrivals: Iterator[tuple[int, Request]] | list[tuple[int, Request]]) -> dict[str, Any]:
    """What every probe among the requests was told."""
    found: dict[str, list[TokenLogprob | None]] = {}
    for name, run in driver.run(arrivals).items():
        if name.startswith("probe"):
            found[name] = [output.logprob for output in run.outputs]
            found[name + " prompt"] = list(run.outputs[0].prompt_logprobs)
    return found


def others(generator: random.Random, count: int) -> Iterator[tuple[int, Request]]:
    """Requests of all kinds, some of which begin as the probe does."""
    for number in range(count):
        tokens = generator.choices(range(3, VOCAB_SIZE), k=generator.randint(1, 40))
        if generator.random() < 0.3:
            tokens = prompt(37, 5)[: generator.choice((16, 32))] + tokens
        params = SamplingParams(max_tokens=generator.randint(1, LONGEST), temperature=0.5, seed=number)
        yield generator.randint(0, 12), Request(id=f"{number}", prompt=tuple(tokens), params=params)


@pytest.mark.parametrize("kind", ["float32", "bfloat16", "int8"])
def test_a_request_has_the_same_bits_in_every_mix(kind: str, llama: Reference) -> None:
    """56 mixes: chunks of 1 to 512, prefix cache on and off, blocks so few that somebody is preempted."""
    generator = random.Random(kind)
    options = {"quantization": "int8"} if kind == "int8" else {"dtype": kind}
    alone = make_driver(llama.path, **options)
    due = numbers(alone, [(0, probe("probe 1", seed=1)), (20, cached_probe("probe 2", seed=2))])
    assert due["probe 1"] != due["probe 2"]
    preempted = hits = 0
    for place, chunk in enumerate((1, 2, 5, 16, 33, 100, 512)):
        driver = make_driver(
            llama.path,
            num_blocks=(300, few_blocks())[place % 2],
            prefill_chunk=chunk,
            max_batch_tokens=512,
            prefix_caching=generator.random() < 0.7,
            threads=generator.choice((1, 2)),
            **options,
        )
        for mix in range(8):
            arrivals = [
                (generator.randint(0, 9), probe("probe 1", seed=1)),
                (generator.randint(0, 9), cached_probe("probe 2", seed=2)),
            ]
            found = numbers(driver, [*arrivals, *others(generator, 3 + mix)])
            assert found == due
        preempted += sum(stats.num_preempted for stats in driver.stats)
        hits += sum(stats.cache_hit_tokens for stats in driver.stats)
    assert preempted
    assert hits


def test_watching_a_step_changes_no_bit(llama: Reference) -> None:
    plain, watched = (Stepper(make_runner(llama.path)) for _ in range(2))
    model = watched.runner.model
    assert isinstance(model, native_decoder.NativeDecoder)
    times = model.measure_parts()
    for stepper in (plain, watched):
        stepper.step((stepper.add(prompt(20, 1), "it"), 20))
    assert torch.equal(plain.sampler.logits["it"][0], watched.sampler.logits["it"][0])
    assert (times > 0).all()


# Who may and who may not


@pytest.mark.parametrize("wish", [{"quantization": "int8"}, {"deterministic": True}])
def test_what_only_the_kernels_can_is_refused_without_them(wish: dict[str, Any], llama: Reference) -> None:
    for without in ({"native_kernels": False}, {"block_size": 4}):
        with pytest.raises(UnsupportedModel, match="needs the compiled kernels, and"):
            ModelRunner(engine_config(llama.path, device="cpu", num_blocks=64, **without, **wish))
    assert make_runner(llama.path, **wish).info.quantization == wish.get("quantization", "none")


def test_without_a_compiler_torch_computes(llama: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "DIRECTORY", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", str(tmp_path / "none"))
    native.load_build.cache_clear()
    try:
        runner = ModelRunner(engine_config(llama.path, device="cpu", num_blocks=64))
        assert runner.info.backend == "torch"
    finally:
        native.load_build.cache_clear()


def test_a_broken_sequence_fails_alone(llama: Reference, tmp_path: Path) -> None:
    broken = 7
    model = build_model("llama", **SHAPE)
    with torch.no_grad():
        model.model.embed_tokens.weight[broken] = torch.nan
    save_model(model, tmp_path)
    stepper = Stepper(make_runner(tmp_path))
    good, bad = stepper.add(prompt(20, 1), "good"), stepper.add([*prompt(20, 2), broken], "bad")
    outputs = stepper.step((good, 20), (bad, 21))
    assert not outputs[0].error
    assert "not finite" in outputs[1].error
    stepper.release(bad)
    again = stepper.add(prompt(40, 3), "again")  # gets the blocks of the broken one
    outputs = stepper.step((again, 40), (good, 1))
    assert not any(output.error for output in outputs)
