"""The plain loader and the loader that uses transformers give the same model, bit by bit."""

from ctypes import c_float, c_int32, c_int64
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from service.engine.attention.kv_cache import KVCache
from service.engine.execution.runner import ModelRunner
from service.errors import UnsupportedModel
from service.models.hf import loader as transformers_loader
from service.models.loaded_model import LoadedModel
from service.models.native import kernels
from service.models.native.decoder import NativeDecoder
from service.models.plain import loader as plain_loader
from service.models.plain.errors import NeedsTransformers
from tests.engine.configs import engine_config
from tests.engine.tiny_models import NATIVE_SHAPE, WINDOW, build_model
from tests.models.plain.plain_models import LAYER_TYPES, LINEAR, LLAMA3, change_config, write_model

pytestmark = pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")

CPU = torch.device("cpu")
SLIDING = {"use_sliding_window": True, "sliding_window": WINDOW}

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("llama", {}),
    "llama, tied": ("llama", {"tie_word_embeddings": True}),
    "llama, biases": ("llama", {"attention_bias": True, "mlp_bias": True}),
    "llama, as many keys as queries": ("llama", {"num_key_value_heads": 6}),
    "llama, heads by division": ("llama", {"head_dim": None, "hidden_size": 192}),
    "llama, linear": ("llama", {"rope_parameters": LINEAR}),
    "llama, llama3": ("llama", {"rope_parameters": LLAMA3}),
    "llama, bfloat16": ("llama", {"dtype": torch.bfloat16, "tie_word_embeddings": True}),
    "llama, float16": ("llama", {"dtype": torch.float16}),
    "mistral, sliding": ("mistral", {}),
    "mistral": ("mistral", {"sliding_window": None}),
    "qwen2": ("qwen2", {"use_sliding_window": False, "layer_types": None}),
    "qwen2, some layers slide": ("qwen2", {"num_hidden_layers": 3, "layer_types": LAYER_TYPES}),
    "qwen2, the last layers slide": ("qwen2", SLIDING | {"max_window_layers": 1, "layer_types": None}),
    "qwen2, bfloat16": ("qwen2", {"dtype": torch.bfloat16, "tie_word_embeddings": True}),
    "qwen3": ("qwen3", {}),
    "qwen3, tied, biases": ("qwen3", {"tie_word_embeddings": True, "attention_bias": True}),
    "qwen3, some layers slide": ("qwen3", SLIDING | {"num_hidden_layers": 3, "layer_types": LAYER_TYPES}),
}


def load_both(path: Path, **config: Any) -> tuple[LoadedModel, LoadedModel]:
    settings = engine_config(path, device="cpu", **config)
    return plain_loader.load(settings, CPU), transformers_loader.load(settings, CPU)


def assert_equal(plain: LoadedModel, other: LoadedModel) -> None:
    """The packed weights and everything that describes them are equal."""
    assert isinstance(plain.model, NativeDecoder)
    assert isinstance(other.model, NativeDecoder)
    assert plain.layers == other.layers
    assert (plain.max_model_len, plain.block_size) == (other.max_model_len, other.block_size)
    for name in ("architecture", "dtype", "quantization", "weights_bytes"):
        assert getattr(plain.model, name) == getattr(other.model, name)
    assert plain.model.layout == other.model.layout
    assert len(plain.model.weights.tensors) == len(other.model.weights.tensors)
    for found, expected in zip(plain.model.weights.tensors, other.model.weights.tensors, strict=True):
        assert found.dtype == expected.dtype
        assert torch.equal(found, expected)
    assert fields(plain.model.weights.decoder) == fields(other.model.weights.decoder)
    assert fields(plain.model.weights.head) == fields(other.model.weights.head)
    for found, expected in zip(plain.model.weights.layers, other.model.weights.layers, strict=True):
        assert fields(found) == fields(expected)
        for name in ("qkv", "o", "up", "down"):
            assert fields(getattr(found, name)) == fields(getattr(expected, name))


def fields(structure: Any) -> dict[str, Any]:
    """The numbers in a structure of the kernels, without the addresses."""
    return {name: getattr(structure, name) for name, kind in structure._fields_ if kind in (c_int64, c_int32, c_float)}


@pytest.mark.parametrize("name", MODELS)
def test_both_loaders_pack_the_same_bits(name: str, tmp_path: Path) -> None:
    family, overrides = MODELS[name]
    assert_equal(*load_both(write_model(tmp_path, family, **overrides)))


@pytest.mark.parametrize(
    "config",
    [{"quantization": "int8"}, {"dtype": "bfloat16"}, {"dtype": "float32"}, {"max_model_len": 77}],
    ids=lambda config: next(iter(config)) + " " + str(next(iter(config.values()))),
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_both_loaders_obey_the_settings(config: dict[str, Any], dtype: torch.dtype, tmp_path: Path) -> None:
    assert_equal(*load_both(write_model(tmp_path, "qwen2", dtype=dtype), **config))


def test_a_checkpoint_in_several_files_is_the_same(tmp_path: Path) -> None:
    model = build_model("qwen3", **NATIVE_SHAPE)
    model.save_pretrained(tmp_path, max_shard_size="50KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert_equal(*load_both(tmp_path))


def test_a_head_beside_tied_embeddings_is_used(tmp_path: Path) -> None:
    write_model(tmp_path, tie_word_embeddings=False)
    change_config(tmp_path, tie_word_embeddings=True)
    assert_equal(*load_both(tmp_path))


def test_absent_fields_have_the_defaults_of_transformers(tmp_path: Path) -> None:
    write_model(tmp_path, "qwen2", use_sliding_window=False, layer_types=None, head_dim=32, hidden_size=192)
    names = "tie_word_embeddings use_sliding_window sliding_window max_window_layers layer_types dtype head_dim"
    change_config(tmp_path, **dict.fromkeys(names.split(), ...))
    assert_equal(*load_both(tmp_path))


def test_the_older_names_are_understood(tmp_path: Path) -> None:
    write_model(tmp_path, dtype=torch.bfloat16)
    theta = LLAMA3["rope_theta"]
    scaling = {name: value for name, value in LLAMA3.items() if name != "rope_theta"}
    change_config(
        tmp_path, rope_parameters=..., dtype=..., rope_theta=theta, rope_scaling=scaling, torch_dtype="bfloat16"
    )
    assert_equal(*load_both(tmp_path))
    change_config(tmp_path, rope_theta=20000, rope_scaling=None)
    assert_equal(*load_both(tmp_path))


def test_both_loaders_give_the_same_logits(tmp_path: Path) -> None:
    for loaded in (models := load_both(write_model(tmp_path, "mistral"))):
        cache = KVCache(loaded.layers, num_blocks=1, block_size=loaded.block_size, dtype=torch.float32, device=CPU)
        loaded.model.attach_store(cache)  # type: ignore[union-attr]
    found, expected = (loaded.model.logits(torch.linspace(-1, 1, 72 * 3).view(3, 72)) for loaded in models)
    assert torch.equal(found, expected)


def test_heads_that_the_kernels_do_not_compute_need_transformers(tmp_path: Path) -> None:
    with pytest.raises(NeedsTransformers, match="a head has 40 dimensions"):
        plain_loader.load(engine_config(write_model(tmp_path, head_dim=40)), CPU)


def test_weights_without_a_finite_result_are_refused(tmp_path: Path) -> None:
    file = write_model(tmp_path) / "model.safetensors"
    save_file({name: tensor * torch.nan for name, tensor in load_file(file).items()}, file, {"format": "pt"})
    with pytest.raises(UnsupportedModel, match="computes no finite number"):
        ModelRunner(engine_config(tmp_path, device="cpu", num_blocks=8))


def test_the_files_are_closed_after_loading(tmp_path: Path) -> None:
    file = write_model(tmp_path) / "model.safetensors"
    loaded = plain_loader.load(engine_config(tmp_path), CPU)
    assert str(file) not in Path("/proc/self/maps").read_text()
    assert loaded.model.weights_bytes
