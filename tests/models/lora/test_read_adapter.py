"""Adapters are read exactly as peft means them, or refused with the name of what is wrong. Files may be hostile."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from service.errors import UnsupportedAdapter
from service.models.contracts.lora import LinearShape
from service.models.lora.read_adapter import read_adapter
from tests.models.lora.adapter_files import PREFIX, write_adapter

LINEARS = {
    f"model.layers.{layer}.{name}": shape
    for layer in range(3)
    for name, shape in {"self_attn.q_proj": LinearShape(12, 8), "mlp.down_proj": LinearShape(8, 20)}.items()
}
FIRST = "model.layers.0.self_attn.q_proj"
FIRST_A = f"{PREFIX}{FIRST}.lora_A.weight"


def config_file(path: Path) -> Path:
    return path / "adapter_config.json"


def test_the_matrices_are_those_of_the_file(tmp_path: Path) -> None:
    adapter = read_adapter(write_adapter(tmp_path, LINEARS, rank=5, lora_alpha=10, lora_dropout=0.5), LINEARS)
    assert adapter.updates.keys() == LINEARS.keys()
    assert adapter.rank == 5
    for name, update in adapter.updates.items():
        assert update.a.shape == (5, LINEARS[name].inputs)
        assert update.b.shape == (LINEARS[name].outputs, 5)
        assert update.scaling == 2


def test_scalings_follow_ranks_and_alphas(tmp_path: Path) -> None:
    layers = {name: shape for name, shape in LINEARS.items() if name.endswith("q_proj")}
    write_adapter(tmp_path, layers, rank=4, lora_alpha=6, use_rslora=True, alpha_pattern={"layers.1.*q_proj": 9})
    scalings = [update.scaling for update in read_adapter(tmp_path, LINEARS).updates.values()]
    assert scalings == [6 / math.sqrt(4), 9 / math.sqrt(4), 6 / math.sqrt(4)]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_numbers_of_half_precision_are_read(dtype: torch.dtype, tmp_path: Path) -> None:
    a = torch.randn(4, 8).to(dtype)
    adapter = read_adapter(write_adapter(tmp_path, LINEARS, tensors={FIRST_A: a}), LINEARS)
    assert torch.equal(adapter.updates[FIRST].a, a.float())


WITHOUT_EFFECT: dict[str, Any] = {
    "task_type": None, "bias": "none", "modules_to_save": None, "modules_to_save ": [], "use_dora": False,
    "fan_in_fan_out": True, "inference_mode": True, "base_model_name_or_path": "x", "init_lora_weights": "gaussian",
    "layer_replication": None, "lora_bias": False, "a_field_of_the_future": False, "megatron_core": "megatron.core",
    "loftq_config": {}, "peft_version": "9", "runtime_config": {"ephemeral_gpu_offload": True}, "qalora_group_size": 16,
    "trainable_token_indices": None, "exclude_modules": [], "layers_to_transform": [], "rank_pattern": {},
}  # fmt: skip


@pytest.mark.parametrize("field", WITHOUT_EFFECT)
def test_fields_without_effect_are_accepted(field: str, tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS, **{field: WITHOUT_EFFECT[field]})
    assert read_adapter(tmp_path, LINEARS).updates.keys() == LINEARS.keys()


REFUSED: dict[str, Any] = {
    "peft_type": "IA3", "task_type": "SEQ_CLS", "bias": "all", "modules_to_save": ["lm_head"], "use_dora": True,
    "lora_bias": True, "layer_replication": [[0, 2]], "init_lora_weights": "pissa", "use_qalora": True,
    "target_parameters": ["mlp.experts.down_proj"], "trainable_token_indices": [1], "megatron_config": {"a": 1},
    "alora_invocation_tokens": [5], "use_bdlora": {"a": 1}, "arrow_config": {"top_k": 2}, "a_field_of_the_future": 1,
    "r": 65, "lora_alpha": "8", "target_modules": None, "rank_pattern": {"q_proj": 0}, "alpha_pattern": {"q_proj": [1]},
    "exclude_modules": 5, "layers_to_transform": ["1"], "use_rslora": "yes",
}  # fmt: skip


@pytest.mark.parametrize("field", REFUSED)
def test_fields_that_change_results_are_refused_by_name(field: str, tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS, **{field: REFUSED[field]})
    with pytest.raises(UnsupportedAdapter, match=field):
        read_adapter(tmp_path, LINEARS)


@pytest.mark.parametrize(
    ("tensors", "message"),
    [
        ({FIRST_A: None}, f"has no tensor {FIRST_A}"),
        ({FIRST_A: torch.zeros(4, 9)}, r"has the shape \[4, 9\], and the model needs \[4, 8\]"),
        ({FIRST_A: torch.zeros(3, 8)}, "has the shape"),
        ({FIRST_A: torch.zeros(4, 8, dtype=torch.float64)}, "number type F64"),
        ({FIRST_A: torch.full((4, 8), torch.inf)}, "not finite"),
        ({f"{PREFIX}lm_head.lora_A.weight": torch.zeros(4, 8)}, "lm_head.lora_A.weight, which changes no known"),
        ({f"{PREFIX}{FIRST}.lora_magnitude_vector": torch.zeros(4)}, "lora_magnitude_vector"),
    ],
)
def test_tensors_must_be_those_that_the_model_needs(tensors: dict[str, Any], message: str, tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS, tensors=tensors)
    with pytest.raises(UnsupportedAdapter, match=message):
        read_adapter(tmp_path, LINEARS)


def test_pickles_are_never_read(tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS)
    (tmp_path / "adapter_model.safetensors").rename(tmp_path / "adapter_model.bin")
    with pytest.raises(UnsupportedAdapter, match="pickled weights are never read"):
        read_adapter(tmp_path, LINEARS)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, '{"r": ' + "9" * 5000 + "}", " " * (1 << 20) + "{}"])
def test_hostile_configurations_are_refused(text: str, tmp_path: Path) -> None:
    config_file(write_adapter(tmp_path, LINEARS)).write_text(text)
    with pytest.raises(UnsupportedAdapter, match=r"adapter_config\.json"):
        read_adapter(tmp_path, LINEARS)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, (1 << 62).to_bytes(8, "little") + b"{}"])
def test_hostile_weights_are_refused(content: bytes, tmp_path: Path) -> None:
    (write_adapter(tmp_path, LINEARS) / "adapter_model.safetensors").write_bytes(content)
    with pytest.raises(UnsupportedAdapter, match="cannot be read"):
        read_adapter(tmp_path, LINEARS)


@pytest.mark.parametrize(
    ("pattern", "message"),
    [(r"(?:(?:\w|\w)|\.)+[A-Z]", "too long to match"), ("(", "regular expression"), ("a" * 1001, "1000")],
)
def test_hostile_patterns_are_refused(pattern: str, message: str, tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS, target_modules=pattern)
    with pytest.raises(UnsupportedAdapter, match=message):
        read_adapter(tmp_path, LINEARS)


def test_a_directory_without_an_adapter_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(UnsupportedAdapter, match="holds no adapter"):
            read_adapter(path, LINEARS)


def test_an_adapter_of_another_model_is_refused(tmp_path: Path) -> None:
    write_adapter(tmp_path, LINEARS, target_modules=["c_attn"])
    with pytest.raises(UnsupportedAdapter, match="target_modules names no linear layer"):
        read_adapter(tmp_path, LINEARS)
