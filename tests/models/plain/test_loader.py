"""The short way to a model gives what the long one gives, bit by bit, and leaves to it what it does not know."""

import json
import subprocess
import sys
from collections.abc import Callable
from ctypes import c_float, c_int32, c_int64
from pathlib import Path
from typing import Any

import msgspec
import pytest
import torch
from safetensors.torch import load_file, save_file

from service.engine.attention.kv_cache import KVCache
from service.engine.execution.runner import ModelRunner
from service.errors import UnsupportedModel
from service.models import loader
from service.models.hf import loader as transformers_loader
from service.models.loaded_model import LoadedModel
from service.models.native import kernels
from service.models.native.decoder import NativeDecoder
from service.models.plain import loader as plain_loader
from service.models.plain.errors import NeedsTransformers
from service.models.plain.rope_parameters import Rope
from service.models.plain.rope_tables import rope_tables
from tests.engine.configs import engine_config
from tests.engine.tiny_models import WINDOW, build_model, save_model

pytestmark = pytest.mark.skipif(kernels.load() is None, reason="there is no compiler, or no AVX2")

CPU = torch.device("cpu")
SHAPE: dict[str, Any] = {"head_dim": 32, "hidden_size": 72, "intermediate_size": 56, "num_attention_heads": 6}
LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}
LLAMA3 = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0}
LLAMA3 |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 48}
KINDS = ["full_attention", "sliding_attention", "full_attention"]
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
    "qwen2, some layers slide": ("qwen2", {"num_hidden_layers": 3, "layer_types": KINDS}),
    "qwen2, the last layers slide": ("qwen2", SLIDING | {"max_window_layers": 1, "layer_types": None}),
    "qwen2, bfloat16": ("qwen2", {"dtype": torch.bfloat16, "tie_word_embeddings": True}),
    "qwen3": ("qwen3", {}),
    "qwen3, tied, biases": ("qwen3", {"tie_word_embeddings": True, "attention_bias": True}),
    "qwen3, some layers slide": ("qwen3", SLIDING | {"num_hidden_layers": 3, "layer_types": KINDS}),
}


def write(path: Path, family: str = "llama", **overrides: Any) -> Path:
    save_model(build_model(family, **(SHAPE | overrides)), path)
    return path


def edit(path: Path, **changes: Any) -> None:
    """Change fields of config.json; ... leaves one out."""
    file = path / "config.json"
    fields = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: value for name, value in fields.items() if value is not ...}))


def both(path: Path, **config: Any) -> tuple[LoadedModel, LoadedModel]:
    settings = engine_config(path, device="cpu", **config)
    return plain_loader.load(settings, CPU), transformers_loader.load(settings, CPU)


def assert_equal(short: LoadedModel, long: LoadedModel) -> None:
    """All that is packed, and what is told of it."""
    assert isinstance(short.model, NativeDecoder)
    assert isinstance(long.model, NativeDecoder)
    assert short.layers == long.layers
    assert (short.max_model_len, short.block_size) == (long.max_model_len, long.block_size)
    for name in ("architecture", "dtype", "quantization", "weights_bytes"):
        assert getattr(short.model, name) == getattr(long.model, name)
    assert short.model.config.vocab_size == long.model.config.vocab_size
    assert len(short.model.weights.tensors) == len(long.model.weights.tensors)
    for found, expected in zip(short.model.weights.tensors, long.model.weights.tensors, strict=True):
        assert found.dtype == expected.dtype
        assert torch.equal(found, expected)
    assert fields(short.model.weights.decoder) == fields(long.model.weights.decoder)
    assert fields(short.model.weights.head) == fields(long.model.weights.head)
    for found, expected in zip(short.model.weights.layers, long.model.weights.layers, strict=True):
        assert fields(found) == fields(expected)
        for name in ("qkv", "o", "up", "down"):
            assert fields(getattr(found, name)) == fields(getattr(expected, name))


def fields(structure: Any) -> dict[str, Any]:
    """What a structure of the kernels says, without the addresses."""
    return {name: getattr(structure, name) for name, kind in structure._fields_ if kind in (c_int64, c_int32, c_float)}


@pytest.mark.parametrize("name", MODELS)
def test_both_ways_pack_the_same_bits(name: str, tmp_path: Path) -> None:
    family, overrides = MODELS[name]
    assert_equal(*both(write(tmp_path, family, **overrides)))


@pytest.mark.parametrize(
    "config",
    [{"quantization": "int8"}, {"dtype": "bfloat16"}, {"dtype": "float32"}, {"max_model_len": 77}],
    ids=lambda config: next(iter(config)) + " " + str(next(iter(config.values()))),
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["float32", "bfloat16"])
def test_both_ways_obey_the_settings(config: dict[str, Any], dtype: torch.dtype, tmp_path: Path) -> None:
    short, long = both(write(tmp_path, "qwen2", dtype=dtype), **config)
    assert_equal(short, long)


def test_a_checkpoint_in_parts_is_the_same(tmp_path: Path) -> None:
    model = build_model("qwen3", **SHAPE)
    model.save_pretrained(tmp_path, max_shard_size="50KB")
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 2
    assert_equal(*both(tmp_path))


def test_a_head_beside_tied_embeddings_is_used(tmp_path: Path) -> None:
    write(tmp_path, tie_word_embeddings=False)
    edit(tmp_path, tie_word_embeddings=True)
    assert_equal(*both(tmp_path))


def test_what_is_not_said_means_what_it_means_to_transformers(tmp_path: Path) -> None:
    write(tmp_path, "qwen2", use_sliding_window=False, layer_types=None, head_dim=32, hidden_size=192)
    names = "tie_word_embeddings use_sliding_window sliding_window max_window_layers layer_types dtype head_dim"
    edit(tmp_path, **dict.fromkeys(names.split(), ...))
    assert_equal(*both(tmp_path))


def test_the_older_names_are_understood(tmp_path: Path) -> None:
    write(tmp_path, dtype=torch.bfloat16)
    theta = LLAMA3["rope_theta"]
    scaling = {name: value for name, value in LLAMA3.items() if name != "rope_theta"}
    edit(tmp_path, rope_parameters=..., dtype=..., rope_theta=theta, rope_scaling=scaling, torch_dtype="bfloat16")
    assert_equal(*both(tmp_path))
    edit(tmp_path, rope_theta=20000, rope_scaling=None)
    assert_equal(*both(tmp_path))


@pytest.mark.parametrize(
    "rope", [{"rope_type": "default", "rope_theta": 1e6}, LINEAR, LLAMA3], ids=lambda r: r["rope_type"]
)
def test_long_tables_are_the_same(rope: dict[str, Any]) -> None:
    for head_dim, length in ((64, 8192), (128, 32768), (96, 1001)):
        config = build_model("llama", head_dim=head_dim, rope_parameters=rope, max_position_embeddings=length)
        plain = msgspec.convert(rope, Rope)
        expected = transformers_loader.rope_tables(config, length)
        for found, due in zip(rope_tables(plain, head_dim, length), expected, strict=True):
            assert torch.equal(found, due)


def test_the_short_way_computes_the_same_logits(tmp_path: Path) -> None:
    for loaded in (models := both(write(tmp_path, "mistral"))):
        cache = KVCache(loaded.layers, num_blocks=1, block_size=loaded.block_size, dtype=torch.float32, device=CPU)
        loaded.model.bind(cache)  # type: ignore[union-attr]
    short, long = (loaded.model.logits(torch.linspace(-1, 1, 72 * 3).view(3, 72)) for loaded in models)
    assert torch.equal(short, long)


# What is left to transformers


def test_neither_transformers_nor_what_it_needs_is_imported(tmp_path: Path) -> None:
    code = (
        "import sys, msgspec; from service.engine.execution.runner import ModelRunner;"
        "from service.engine.protocol.config import EngineConfig;"
        "runner = ModelRunner(msgspec.json.decode(sys.argv[1], type=EngineConfig));"
        "print(runner.info.backend, *sorted({'transformers', 'torch._dynamo', 'sympy'} & set(sys.modules)))"
    )
    config = msgspec.json.encode(engine_config(write(tmp_path), device="cpu", num_blocks=8)).decode()
    result = subprocess.run([sys.executable, "-c", code, config], capture_output=True, text=True)
    assert (result.stdout.strip(), result.returncode) == ("native", 0), result.stderr


def rope(**changes: Any) -> dict[str, Any]:
    return {"rope_parameters": {"rope_type": "default", "rope_theta": 10000.0} | changes}


UNKNOWN: dict[str, tuple[str, dict[str, Any], str]] = {
    "another family": ("llama", {"model_type": "gemma"}, "gemma"),
    "an unknown field": ("llama", {"logit_scale": 2.0}, "logit_scale"),
    "a field of another family": ("llama", {"sliding_window": 4}, "sliding_window"),
    "quantized weights": ("llama", {"quantization_config": {"quant_method": "awq"}}, "quantization_config"),
    "code of its own": ("llama", {"auto_map": {"AutoConfig": "mine.Config"}}, "auto_map"),
    "another activation": ("llama", {"hidden_act": "gelu"}, "hidden_act"),
    "no activation": ("llama", {"hidden_act": ...}, "hidden_act"),
    "no number of key heads": ("llama", {"num_key_value_heads": ...}, "num_key_value_heads"),
    "a number that is none": ("llama", {"num_hidden_layers": True}, "num_hidden_layers"),
    "no layers": ("llama", {"num_hidden_layers": 0}, "num_hidden_layers"),
    "heads that do not divide": ("llama", {"num_key_value_heads": 4}, "heads does not divide evenly"),
    "a number type": ("llama", {"dtype": "float8_e4m3fn"}, "float8"),
    "longrope": ("llama", rope(rope_type="longrope"), "longrope"),
    "dynamic": ("llama", rope(rope_type="dynamic", factor=2.0), "dynamic"),
    "yarn": ("llama", rope(rope_type="yarn", factor=2.0), "yarn"),
    "a part of each head": ("llama", rope(partial_rotary_factor=0.5), "partial_rotary_factor"),
    "frequencies by kind of layer": ("qwen3", {"rope_parameters": {"full_attention": {}}}, "rope_type"),
    "no base": ("llama", {"rope_parameters": ...}, "rope_theta is not clear"),
    "two of them": ("llama", {"rope_scaling": LINEAR}, "rope_theta is not clear"),
    "no blend": ("llama", {"rope_parameters": LLAMA3 | {"high_freq_factor": 1.0}}, "high_freq_factor"),
    "no window": ("mistral", {"sliding_window": ...}, "sliding_window"),
    "layers of another kind": ("qwen2", {"layer_types": ["full_attention", "chunked_attention"]}, "chunked_attention"),
    "kinds for other layers": ("qwen2", {"layer_types": KINDS}, "layer_types has not one entry for each layer"),
    "heads of null": ("qwen2", {"head_dim": None}, "head_dim"),
    "no heads": ("qwen3", {"head_dim": ...}, "head_dim"),
    "another shape": ("llama", {"vocab_size": 500}, "embed_tokens"),
    "biases that are not there": ("llama", {"mlp_bias": True}, "there is no 'model.layers.0.mlp.gate_proj.bias'"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_not_known_for_sure_is_left_to_transformers(name: str, tmp_path: Path) -> None:
    family, changes, reason = UNKNOWN[name]
    edit(write(tmp_path, family), **changes)
    with pytest.raises(NeedsTransformers, match=reason):
        plain_loader.load(engine_config(tmp_path), CPU)


SETTINGS = {"native_kernels": False, "block_size": 4, "dtype": "float16"}


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_the_kernels_cannot_is_left_to_transformers(setting: str, tmp_path: Path) -> None:
    config = engine_config(write(tmp_path), **{setting: SETTINGS[setting]})
    with pytest.raises(NeedsTransformers):
        plain_loader.load(config, CPU)
    assert not isinstance(loader.load(config, CPU).model, NativeDecoder)


def test_heads_of_an_odd_size_are_left_to_transformers(tmp_path: Path) -> None:
    with pytest.raises(NeedsTransformers, match="a head has 40 dimensions"):
        plain_loader.load(engine_config(write(tmp_path, head_dim=40)), CPU)


def lose(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, path / "model.safetensors", {"format": "pt"})


def cut(path: Path) -> None:
    file = path / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])


def garble(path: Path) -> None:
    (path / "model.safetensors").rename(path / "model-1.safetensors")
    (path / "model.safetensors.index.json").write_text('{"metadata": {}, "weight_map": {"a": "other.safetensors"}}')


def remove(path: Path) -> None:
    (path / "model.safetensors").unlink()


def make_whole_numbers(path: Path) -> None:
    weights = load_file(path / "model.safetensors")
    save_file({name: tensor.to(torch.int8) for name, tensor in weights.items()}, path / "model.safetensors")


BROKEN = {
    lose: "it lacks model.layers.1.mlp.up_proj",
    cut: "cannot be loaded",
    garble: "cannot be loaded",
    remove: "cannot be loaded",
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_what_is_wrong_with_a_checkpoint_is_told_by_transformers(
    broken: Callable[[Path], None], tmp_path: Path
) -> None:
    broken(write(tmp_path))
    config = engine_config(tmp_path)
    with pytest.raises(NeedsTransformers):
        plain_loader.load(config, CPU)
    with pytest.raises(UnsupportedModel, match=BROKEN[broken]):
        loader.load(config, CPU)


def test_weights_of_another_type_are_left_to_transformers(tmp_path: Path) -> None:
    make_whole_numbers(write(tmp_path))
    with pytest.raises(NeedsTransformers, match="is I8"):
        plain_loader.load(engine_config(tmp_path), CPU)


def test_an_adapter_is_left_to_transformers(tmp_path: Path) -> None:
    (write(tmp_path) / "adapter_config.json").write_text("{}")
    with pytest.raises(NeedsTransformers, match="adapter"):
        plain_loader.load(engine_config(tmp_path), CPU)


def test_weights_that_compute_nothing_finite_are_refused(tmp_path: Path) -> None:
    file = write(tmp_path) / "model.safetensors"
    save_file({name: tensor * torch.nan for name, tensor in load_file(file).items()}, file, {"format": "pt"})
    with pytest.raises(UnsupportedModel, match="computes no finite number"):
        ModelRunner(engine_config(tmp_path, device="cpu", num_blocks=8))


def test_the_files_are_let_go(tmp_path: Path) -> None:
    file = write(tmp_path) / "model.safetensors"
    loaded = plain_loader.load(engine_config(tmp_path), CPU)
    assert str(file) not in Path("/proc/self/maps").read_text()
    assert loaded.model.weights_bytes
