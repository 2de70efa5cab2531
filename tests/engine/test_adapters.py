"""Adapters in the engine: requests with many adapters, and without, in one batch get the tokens of peft."""

import random
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedModel

from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.models.native import kernels
from tests.engine.peft_adapters import PeftReference
from tests.engine.tiny_models import VOCAB_SIZE, build_model, native_model, save_model
from tests.engine.workloads import LONGEST, Driver

ADAPTERS: dict[str, dict[str, Any]] = {
    "two": {"r": 3, "lora_alpha": 5, "target_modules": ["q_proj", "v_proj"]},
    "all": {"r": 16, "lora_alpha": 8, "target_modules": "all-linear", "use_rslora": True},
    "patterns": {
        "r": 4,
        "target_modules": r".*\.(up_proj|o_proj|k_proj)",
        "rank_pattern": {"up_proj": 33, r"0\.self_attn\.k_proj": 64},
        "alpha_pattern": {"o_proj": 12},
    },
    "layer": {"r": 8, "target_modules": ["down_proj", "gate_proj"], "layers_to_transform": [1]},
}
OVERRIDES: dict[str, dict[str, Any]] = {
    "llama": {"attention_bias": True},
    "qwen2": {"num_key_value_heads": 6},
    "qwen3": {"tie_word_embeddings": True},
}
ALL_LINEAR = {"r": 5, "target_modules": "all-linear"}
FUSED: dict[str, dict[str, dict[str, Any]]] = {
    "gpt2": {"all": ALL_LINEAR, "attention": {"r": 2, "target_modules": ["c_attn"], "fan_in_fan_out": True}},
    "gpt_neox": {"all": ALL_LINEAR, "fused": {"r": 2, "target_modules": ["query_key_value"]}},
    "phi3": {"all": ALL_LINEAR, "fused": {"r": 7, "target_modules": ["qkv_proj", "gate_up_proj"]}},
}
NATIVE = ("llama", "mistral", "qwen2", "qwen3", *FUSED)
TORCH = ("gemma3_text", "gpt2", "llama", "phi3")
MODEL_ALONE = ""


def make_reference(arch: str, path: Path, model: PreTrainedModel) -> PeftReference:
    save_model(model, path)
    return PeftReference(model, path / "adapters", FUSED.get(arch, ADAPTERS))


def assert_equals_peft(path: Path, reference: PeftReference, **config: Any) -> None:
    """Requests of all adapters and of the model alone, with prompts that begin alike, in few blocks."""
    generator = random.Random(7)
    root = generator.choices(range(3, VOCAB_SIZE), k=64)
    names = [MODEL_ALONE, *reference.paths]
    arrivals, expected = [], {}
    for number in range(3 * len(names)):
        prompt = (
            *root[: generator.choice((0, 40, 64))],
            *generator.choices(range(3, VOCAB_SIZE), k=generator.randint(1, 30)),
        )
        name = names[number % len(names)]
        params = SamplingParams(max_tokens=LONGEST, temperature=0.0)
        request = Request(id=f"{number}", prompt=prompt, params=params, adapter=name)
        arrivals.append((generator.randint(0, 12), request))
        expected[request.id] = reference.greedy(prompt, name)
    driver = Driver(path, adapters=reference.paths, prefill_chunk=13, **config)
    assert [info.error for info in driver.engine.info.adapters] == [""] * len(reference.paths)
    assert {name: run.tokens for name, run in driver.run(arrivals).items()} == expected
    assert len({tuple(tokens) for tokens in expected.values()}) > len(names)
    assert any(stats.cache_hit_tokens for stats in driver.stats)
    assert any(stats.num_preempted for stats in driver.stats)


@pytest.mark.parametrize("family", NATIVE)
def test_the_kernels_equal_peft(family: str, tmp_path: Path) -> None:
    if kernels.load() is None:
        pytest.skip("there is no compiler, or no AVX2")
    reference = make_reference(family, tmp_path, native_model(family, **OVERRIDES.get(family, {})))
    assert_equals_peft(tmp_path, reference, block_size=32, num_blocks=5)


@pytest.mark.parametrize("family", TORCH)
def test_torch_equals_peft(family: str, tmp_path: Path) -> None:
    reference = make_reference(family, tmp_path, build_model(family))
    assert_equals_peft(tmp_path, reference, native_kernels=False, num_blocks=56)
