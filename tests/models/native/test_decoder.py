"""The native decoder equals transformers, and gives a row the same bits whatever else is computed."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from transformers import AttentionInterface, AutoModelForCausalLM

from service.engine.execution.runner import ModelRunner
from service.engine.protocol.outputs import TokenLogprob
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.errors import UnsupportedModel
from service.models.native.decoder import NativeDecoder
from service.models.native.kernels import block_size
from service.models.native.structures import Q4_1
from tests.engine.configs import engine_config
from tests.engine.stepping import Stepper, prompt, reference_logits
from tests.engine.tiny_models import NATIVE_SHAPE as SHAPE
from tests.engine.tiny_models import VOCAB_SIZE, WINDOW, build_model, save_model
from tests.engine.workloads import LONGEST, Driver, Reference, check, random_workload, short_of_memory_driver

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


def few_blocks() -> int:
    """The blocks that the longest request needs."""
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


def assert_equals_transformers(path: Path, **config: Any) -> None:
    """Compare logits of chunks that begin and end anywhere, next to decodes, in scattered blocks."""
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


@pytest.mark.parametrize("head_dim", [16, 48, 64, 80, 96])
def test_every_size_of_heads_equals_transformers(head_dim: int, tmp_path: Path) -> None:
    save_model(build_model("qwen3", **SHAPE | {"head_dim": head_dim}), tmp_path)
    assert_equals_transformers(tmp_path)


@pytest.mark.parametrize("size", [16, 32, 48, 64, 96])
def test_every_size_of_blocks_equals_transformers(size: int, llama: Reference) -> None:
    assert make_runner(llama.path, block_size=size).info.block_size == size
    assert_equals_transformers(llama.path, block_size=size)


def test_sizes_that_do_not_fit_the_wide_layout_are_told(lanes: int, llama: Reference, tmp_path: Path) -> None:
    save_model(build_model("llama", **SHAPE | {"head_dim": 48}), tmp_path)
    told = [make_runner(llama.path, block_size=16).info.notes, make_runner(tmp_path, block_size=48).info.notes]
    assert make_runner(llama.path).info.notes == ()
    if lanes == 8:
        assert told == [(), ()]
    else:
        assert [note.rpartition(": ")[2] for notes in told for note in notes] == [
            "block_size 16",
            "heads of 48 dimensions and block_size 48",
        ]


@pytest.mark.parametrize("native", [True, False], ids=["native", "torch"])
@pytest.mark.parametrize("named", [True, False], ids=["named in config.json", "not named"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_precision_of_the_weights_is_kept(dtype: torch.dtype, named: bool, native: bool, tmp_path: Path) -> None:
    """Logits are those of the stored weights in float32. The cache holds float16, so its rounding is allowed for."""
    save_model(build_model("llama", **SHAPE, dtype=dtype), tmp_path)
    if not named:
        fields = json.loads((tmp_path / "config.json").read_text())
        del fields["dtype"]
        (tmp_path / "config.json").write_text(json.dumps(fields))
    runner = ModelRunner(engine_config(tmp_path, device="cpu", num_blocks=64, native_kernels=native))
    assert runner.info.backend == ("native" if native else "torch")
    assert runner.info.notes == ()
    if native or dtype == torch.float32:
        assert runner.model.dtype == dtype
    if dtype == torch.bfloat16:
        return  # torch computes it in bfloat16 where the processor can, as transformers does
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager", dtype=torch.float32).eval()
    stepper = Stepper(runner)
    sequence = stepper.add(prompt(40, 1), "it")
    stepper.step((sequence, 40))
    expected = reference_logits(reference, prompt(40, 1))[-1]
    error = (stepper.sampler.logits["it"][0] - expected).norm() / expected.norm()
    assert error < (1e-3 if native and dtype == torch.float16 else 1e-5)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_a_loss_of_precision_is_told(dtype: str, llama: Reference) -> None:
    info = make_runner(llama.path, dtype=dtype).info
    assert info.notes == (f"the checkpoint's float32 weights are rounded to {dtype}; dtype float32 keeps them",)


@pytest.mark.parametrize("name", CONFIGS)
def test_random_workloads_equal_generate(name: str, llama: Reference) -> None:
    few: dict[str, Any] = {"num_blocks": few_blocks(), "speculation": "off"}  # guesses follow the clock
    config = CONFIGS[name] | (few if name == "few blocks" else {})
    driver = make_driver(llama.path, **config)
    for seed in range(2):
        work = random_workload(llama, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert any(stats.num_preempted for stats in driver.stats) == (name == "few blocks")
    assert any(stats.cache_hit_tokens for stats in driver.stats) == (name != "no prefix cache")


def assert_is_close_to_float32(path: Path) -> None:
    """int8 weights and activations of bytes cost a few percent of the logits, whatever the other rows are."""
    exact, quantized = (Stepper(make_runner(path, quantization=kind)) for kind in ("none", "int8"))
    for stepper in (exact, quantized):
        stepper.step(*((stepper.add(prompt(n, n), str(n)), n) for n in (20, 31)))
    for name, rows in exact.sampler.logits.items():
        expected, found = torch.stack(rows), torch.stack(quantized.sampler.logits[name])
        error = (expected - found).norm() / expected.norm()
        assert 0.001 < error < 0.09


def test_int8_is_close_to_float32(llama: Reference) -> None:
    assert_is_close_to_float32(llama.path)


def rounded_attention(
    module: torch.nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
) -> tuple[Tensor, None]:
    """Attention over keys and values [1, heads, T, D], rounded to 8 bits with a scale for each token and head."""

    def rounded(numbers: Tensor) -> Tensor:
        largest = numbers.abs().amax(-1, keepdim=True)
        return (numbers * (127 / largest)).round() * (largest / 127)

    out = functional.scaled_dot_product_attention(
        query, rounded(key), rounded(value), is_causal=True, scale=kwargs["scaling"], enable_gqa=True
    )
    return out.transpose(1, 2), None


def test_a_cache_of_int8_equals_rounded_keys_and_values(llama: Reference) -> None:
    """A number between two steps may be rounded the other way, so a small difference is allowed for."""
    AttentionInterface.register("rounded", rounded_attention)
    tokens = prompt(60, 1)
    rounded, exact = (
        reference_logits(AutoModelForCausalLM.from_pretrained(llama.path, attn_implementation=name).eval(), tokens)[-1]
        for name in ("rounded", "eager")
    )
    runner = make_runner(llama.path, kv_cache_dtype="int8")
    assert runner.info.kv_cache_dtype == "int8"
    assert runner.info.kv_cache_bytes < 0.4 * make_runner(llama.path).info.kv_cache_bytes
    stepper = Stepper(runner)
    sequence = stepper.add(tokens, "it")
    stepper.step((sequence, 20))
    stepper.step((sequence, 40))
    found = stepper.sampler.logits["it"][0]
    assert (found - rounded).norm() < 0.1 * (rounded - exact).norm()


# The same bits


def probe(name: str, *, seed: int) -> Request:
    """A request whose log probabilities are compared. Those of its prompt keep it from using the prefix cache."""
    params = SamplingParams(max_tokens=12, temperature=0.8, seed=seed, logprobs=5, prompt_logprobs=0)
    return Request(id=name, prompt=tuple(prompt(37, 5)), params=params)


def cached_probe(name: str, *, seed: int) -> Request:
    """A request like ``probe`` that uses the prefix cache."""
    params = SamplingParams(max_tokens=12, temperature=0.8, seed=seed, logprobs=5)
    return Request(id=name, prompt=tuple(prompt(37, 5)), params=params)


def probe_logprobs(
    driver: Driver, arrivals: Iterator[tuple[int, Request]] | list[tuple[int, Request]]
) -> dict[str, Any]:
    """The log probabilities of each probe among the requests: those of its output, and of its prompt."""
    found: dict[str, list[TokenLogprob | None]] = {}
    for name, run in driver.run(arrivals).items():
        if name.startswith("probe"):
            found[name] = [output.logprob for output in run.outputs]
            found[name + " prompt"] = list(run.outputs[0].prompt_logprobs)
    return found


def other_requests(generator: random.Random, count: int) -> Iterator[tuple[int, Request]]:
    """Random requests, some of which have a prefix of the probe's prompt."""
    for number in range(count):
        tokens = generator.choices(range(3, VOCAB_SIZE), k=generator.randint(1, 40))
        if generator.random() < 0.3:
            tokens = prompt(37, 5)[: generator.choice((16, 32))] + tokens  # one block of either layout
        params = SamplingParams(max_tokens=generator.randint(1, LONGEST), temperature=0.5, seed=number)
        yield generator.randint(0, 12), Request(id=f"{number}", prompt=tuple(tokens), params=params)


@pytest.mark.parametrize("roomy", [(6, 12), pytest.param((8, 10, 14), marks=pytest.mark.slow)], ids=str)
@pytest.mark.parametrize("kind", ["float32", "bfloat16", pytest.param("float16", marks=pytest.mark.slow), "int8"])
def test_a_request_has_the_same_bits_in_every_mix(kind: str, roomy: tuple[int, ...], llama: Reference) -> None:
    """20 mixes: chunks of 1 to 512, prefix cache on and off, and blocks so few that sequences are preempted.

    ``roomy`` are the numbers of other requests where there are blocks for all.
    """
    generator = random.Random(f"{kind} {roomy}")
    eight_bits = {"quantization": "int8", "kv_cache_dtype": "int8"}
    options = eight_bits if kind == "int8" else {"dtype": kind}
    alone = make_driver(llama.path, **options)
    expected = probe_logprobs(alone, [(0, probe("probe 1", seed=1)), (20, cached_probe("probe 2", seed=2))])
    assert expected["probe 1"] != expected["probe 2"]
    preempted = hits = 0
    for number, chunk in enumerate((1, 2, 5, 16, 33, 100, 512)):
        driver = make_driver(
            llama.path,
            num_blocks=(300, few_blocks())[number % 2],
            speculation=("ngram", "off")[number % 2],  # guesses follow the clock, and preemptions must not
            prefill_chunk=chunk,
            max_batch_tokens=512,
            prefix_caching=generator.random() < 0.7,
            threads=generator.choice((1, 2)),
            **options,
        )
        for others in (roomy, (6, 8, 10, 12))[number % 2]:
            arrivals = [
                (generator.randint(0, 9), probe("probe 1", seed=1)),
                (generator.randint(0, 9), cached_probe("probe 2", seed=2)),
            ]
            found = probe_logprobs(driver, [*arrivals, *other_requests(generator, others)])
            assert found == expected
        preempted += sum(stats.num_preempted for stats in driver.stats)
        hits += sum(stats.cache_hit_tokens for stats in driver.stats)
    assert preempted
    assert hits


LONG = 600  # tokens: attention cuts them into spans


@pytest.mark.parametrize(("window", "cache"), [(None, "auto"), (300, "auto"), (300, "int8")])
def test_a_long_context_equals_transformers_with_the_same_bits_in_any_chunks(
    window: int | None, cache: str, tmp_path: Path
) -> None:
    """Also when one sequence decodes alone, so that its spans are shared by the threads."""
    shape = SHAPE | {"max_position_embeddings": 1024, "sliding_window": window}
    save_model(build_model("mistral", **shape), tmp_path)
    reference = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation="eager").eval()
    found = []
    for threads, chunks in ((1, (LONG,)), (2, (3, 300, 1, 296)), (2, (256, 8, 336))):
        stepper = Stepper(make_runner(tmp_path, threads=threads, num_blocks=300, kv_cache_dtype=cache))
        long, other = stepper.add(prompt(LONG, 1), "long"), stepper.add(prompt(450, 2), "other")
        for number, count in enumerate(chunks):
            stepper.step((long, count), *([(other, 400)] if number == 2 else []))
        for _ in range(4):
            stepper.decode(long)
        if len(chunks) > 2:
            stepper.step((other, 50), (long, 1))
        else:
            stepper.decode(long)
        found.append(torch.stack(stepper.sampler.logits["long"]))
    expected = reference_logits(reference, long.tokens[:-1])[LONG - 1 :]
    if cache == "int8":
        assert 1e-4 < (found[0] - expected).norm() / expected.norm() < 0.02
    else:
        torch.testing.assert_close(found[0], expected, rtol=0, atol=1e-4)
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_measuring_parts_changes_no_bit(llama: Reference) -> None:
    plain, measured = (Stepper(make_runner(llama.path)) for _ in range(2))
    model = measured.runner.model
    assert isinstance(model, NativeDecoder)
    times = model.measure_parts()
    for stepper in (plain, measured):
        stepper.step((stepper.add(prompt(20, 1), "it"), 20))
    assert torch.equal(plain.sampler.logits["it"][0], measured.sampler.logits["it"][0])
    assert (times > 0).all()


# Refusals and failures


@pytest.mark.parametrize("setting", [{"quantization": "int8"}, {"kv_cache_dtype": "int8"}, {"deterministic": True}])
def test_settings_that_need_the_kernels_are_refused_without_them(setting: dict[str, Any], llama: Reference) -> None:
    for without in ({"native_kernels": False}, {"block_size": 4}):
        with pytest.raises(UnsupportedModel, match="needs the compiled kernels, and"):
            ModelRunner(engine_config(llama.path, device="cpu", num_blocks=64, **without, **setting))
    assert make_runner(llama.path, **setting).info.quantization == setting.get("quantization", "none")


def test_experts_count_for_the_quantization_that_is_told(tmp_path: Path) -> None:
    """The experts have more weights than the attention."""
    save_model(build_model("mixtral", **SHAPE | {"intermediate_size": 64, "sliding_window": None}), tmp_path)
    model = make_runner(tmp_path, quantization="int8").model
    assert isinstance(model, NativeDecoder)
    for layer in model.weights.layers:
        layer.qkv.kind = layer.o.kind = Q4_1
    assert model.weights.quantization == "int8"


def test_failed_allocations_change_nothing(llama: Reference) -> None:
    """A step that fails is computed again. Earlier tokens in its blocks must still be there."""
    options = {"block_size": block_size(), "num_blocks": few_blocks(), "prefill_chunk": 5}
    driver, forward_pass = short_of_memory_driver(llama.path, **options)
    for seed in range(2):
        work = random_workload(llama, seed)
        check(driver.run(work.arrivals, work.aborts), work)
    assert forward_pass.failures > 5


@pytest.mark.parametrize("cache", ["auto", "int8"])
def test_a_broken_sequence_fails_alone(cache: str, llama: Reference, tmp_path: Path) -> None:
    broken = 7
    model = build_model("llama", **SHAPE)
    with torch.no_grad():
        model.model.embed_tokens.weight[broken] = torch.nan
    save_model(model, tmp_path)
    stepper = Stepper(make_runner(tmp_path, kv_cache_dtype=cache))
    good, bad = stepper.add(prompt(20, 1), "good"), stepper.add([*prompt(20, 2), broken], "bad")
    outputs = stepper.step((good, 20), (bad, 21))
    assert not outputs[0].error
    assert "not finite" in outputs[1].error
    stepper.release(bad)
    again = stepper.add(prompt(40, 3), "again")  # it gets the blocks of the broken sequence
    outputs = stepper.step((again, 40), (good, 1))
    assert not any(output.error for output in outputs)
