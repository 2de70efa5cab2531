"""Adapters on the kernels: a row's bits depend on the row and its own adapter, whatever its neighbours have."""

import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.contracts.lora import LinearShape
from service.models.native import matrices
from service.models.native.kernels import block_size
from service.models.native.structures import BF16, TILED
from tests.engine.stepping import prompt
from tests.engine.tiny_models import VOCAB_SIZE
from tests.engine.workloads import Driver, Reference
from tests.models.lora.adapter_files import PREFIX, write_adapter

MODEL_ALONE = ""
KINDS: dict[str, dict[str, Any]] = {
    "float32": {"dtype": "float32"},
    "bfloat16": {"dtype": "bfloat16"},
    "float16": {"dtype": "float16"},
    "int8": {"quantization": "int8"},
}


def make_driver(path: Path, **config: Any) -> Driver:
    driver = Driver(path, **({"block_size": block_size(), "num_blocks": 300} | config))
    assert driver.engine.info.backend == "native"
    return driver


def write_adapters(linears: Mapping[str, LinearShape], directory: Path) -> dict[str, str]:
    """Adapters with ranks that fill no group of ranks, of all or of some layers."""
    parts: dict[str, tuple[int, tuple[str, ...]]] = {
        "small": (1, ("q_proj", "v_proj")),
        "all": (16, ("_proj",)),
        "large": (64, ("gate_proj", "o_proj", "down_proj")),
        "odd": (7, ("k_proj", "up_proj", "down_proj")),
    }
    for seed, (name, (rank, ends)) in enumerate(parts.items()):
        chosen = {linear: shape for linear, shape in linears.items() if linear.endswith(ends)}
        write_adapter(directory / name, chosen, rank=rank, seed=seed)
    return {name: str(directory / name) for name in parts}


@pytest.fixture(scope="module")
def adapters(llama: Reference, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The directories of adapters for ``llama``, by name."""
    return write_adapters(make_driver(llama.path).runner.model.linears, tmp_path_factory.mktemp("adapters"))


def probe(adapter: str) -> Request:
    """A request whose log probabilities are compared, those of its prompt too."""
    params = SamplingParams(max_tokens=8, temperature=0.8, seed=3, logprobs=3, prompt_logprobs=0)
    return Request(id=f"probe {adapter}", prompt=tuple(prompt(37, 5)), params=params, adapter=adapter)


def probe_logprobs(driver: Driver, arrivals: list[tuple[int, Request]]) -> dict[str, Any]:
    return {
        name: ([output.logprob for output in run.outputs], run.outputs[0].prompt_logprobs)
        for name, run in driver.run(arrivals).items()
        if name.startswith("probe")
    }


def others(generator: random.Random, count: int, names: list[str]) -> list[tuple[int, Request]]:
    """Random requests of random adapters."""
    arrivals = []
    for number in range(count):
        tokens = tuple(generator.choices(range(3, VOCAB_SIZE), k=generator.randint(1, 40)))
        params = SamplingParams(max_tokens=generator.randint(1, 12), temperature=0.5, seed=number)
        request = Request(id=f"{number}", prompt=tokens, params=params, adapter=generator.choice(names))
        arrivals.append((generator.randint(0, 9), request))
    return arrivals


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_has_the_same_bits_beside_all_adapters(
    kind: str, llama: Reference, adapters: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each adapter alone, and the model without adapters, against mixes of all of them in any chunks."""
    if kind == "bfloat16":  # in tiles, as on a processor with AMX; float16 is in panels
        with_tiles = matrices.with_tiles
        monkeypatch.setattr(
            matrices, "with_tiles", lambda library, kind, k: with_tiles(library, TILED if kind == BF16 else kind, k)
        )
    generator = random.Random(kind)
    expected = probe_logprobs(make_driver(llama.path, **KINDS[kind]), [(0, probe(MODEL_ALONE))])
    for name, path in adapters.items():
        alone = make_driver(llama.path, adapters={name: path}, **KINDS[kind])
        expected |= probe_logprobs(alone, [(0, probe(name))])
    assert len({repr(logprobs) for logprobs in expected.values()}) == len(adapters) + 1
    names = [MODEL_ALONE, *adapters]
    for chunk in (5, 512):
        options = {"prefill_chunk": chunk, "max_batch_tokens": 512, "threads": generator.choice((1, 2))}
        driver = make_driver(llama.path, adapters=adapters, **options, **KINDS[kind])
        probes = [(generator.randint(0, 9), probe(name)) for name in names]
        generator.shuffle(probes)
        assert probe_logprobs(driver, [*probes, *others(generator, 8, names)]) == expected


def test_adapters_are_stored_in_the_type_of_the_model(llama: Reference, adapters: dict[str, str]) -> None:
    sizes = {}
    for kind in ("float32", "bfloat16"):
        [info] = make_driver(llama.path, adapters={"all": adapters["all"]}, dtype=kind).engine.info.adapters
        sizes[kind] = info.weights_bytes
    assert sizes["bfloat16"] < 0.6 * sizes["float32"]


def test_numbers_that_the_type_of_the_model_cannot_hold_are_refused(llama: Reference, tmp_path: Path) -> None:
    driver = make_driver(llama.path, dtype="float16")
    name = "model.layers.0.self_attn.q_proj"
    shape = driver.runner.model.linears[name]
    tensors = {f"{PREFIX}{name}.lora_A.weight": torch.full((4, shape.inputs), 1e5)}
    path = write_adapter(tmp_path, {name: shape}, tensors=tensors)
    assert "1e+05, which torch.float16 cannot hold" in driver.engine.load_adapter("large", str(path)).error
