"""A checkpoint is checked when it is opened: everything that the configuration names, and nothing unusual."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from service.models.plain.checkpoint import PlainCheckpoint
from service.models.plain.errors import NeedsTransformers
from service.models.plain.read_config import read_config
from service.models.plain_configs.plain_config import HEAD
from tests.models.plain.broken_checkpoints import BROKEN
from tests.models.plain.plain_models import change_config, write_model


def open_checkpoint(path: Path, dtype: torch.dtype = torch.float32) -> PlainCheckpoint:
    return PlainCheckpoint(path, read_config(path / "config.json"), dtype)


def test_tensors_are_loaded_in_the_type_that_was_asked_for(tmp_path: Path) -> None:
    weights = load_file(write_model(tmp_path) / "model.safetensors")
    checkpoint = open_checkpoint(tmp_path, torch.bfloat16)
    for name, expected in weights.items():
        found = checkpoint.load_tensor(name)
        assert isinstance(found, Tensor)
        assert torch.equal(found, expected.to(torch.bfloat16))
    assert checkpoint.load_tensor("model.layers.0.mlp.up_proj.bias") is None


def test_a_head_that_is_missing_is_the_tied_embeddings(tmp_path: Path) -> None:
    weights = load_file(write_model(tmp_path, tie_word_embeddings=True) / "model.safetensors")
    assert HEAD not in weights
    head = open_checkpoint(tmp_path).load_tensor(HEAD)
    assert isinstance(head, Tensor)
    assert torch.equal(head, weights["model.embed_tokens.weight"])


@pytest.mark.parametrize("break_checkpoint", BROKEN, ids=lambda function: function.__name__)
def test_a_broken_checkpoint_needs_transformers(break_checkpoint: Callable[[Path], None], tmp_path: Path) -> None:
    break_checkpoint(write_model(tmp_path))
    with pytest.raises(NeedsTransformers):
        open_checkpoint(tmp_path)


def test_another_shape_needs_transformers(tmp_path: Path) -> None:
    change_config(write_model(tmp_path), vocab_size=500)
    with pytest.raises(NeedsTransformers, match="embed_tokens"):
        open_checkpoint(tmp_path)


def test_missing_biases_need_transformers(tmp_path: Path) -> None:
    change_config(write_model(tmp_path), mlp_bias=True)
    with pytest.raises(NeedsTransformers, match=r"there is no 'model\.layers\.0\.mlp\.gate_proj\.bias'"):
        open_checkpoint(tmp_path)


def test_weights_of_another_type_need_transformers(tmp_path: Path) -> None:
    file = write_model(tmp_path) / "model.safetensors"
    save_file({name: tensor.to(torch.int8) for name, tensor in load_file(file).items()}, file)
    with pytest.raises(NeedsTransformers, match="is I8"):
        open_checkpoint(tmp_path)


def test_another_kind_of_quantization_needs_transformers(tmp_path: Path) -> None:
    change_config(write_model(tmp_path), quantization_config={"quant_method": "hqq"})
    with pytest.raises(NeedsTransformers, match="quantized checkpoint of hqq"):
        open_checkpoint(tmp_path)


def test_a_tensor_in_two_files_needs_transformers(tmp_path: Path) -> None:
    file = write_model(tmp_path) / "model.safetensors"
    (tmp_path / "second.safetensors").write_bytes(file.read_bytes())
    file.rename(tmp_path / "first.safetensors")
    index = '{"weight_map": {"a": "first.safetensors", "b": "second.safetensors"}}'
    (tmp_path / "model.safetensors.index.json").write_text(index)
    with pytest.raises(NeedsTransformers, match="is in two files"):
        open_checkpoint(tmp_path)


def test_an_adapter_needs_transformers(tmp_path: Path) -> None:
    (write_model(tmp_path) / "adapter_config.json").write_text("{}")
    with pytest.raises(NeedsTransformers, match="there is an adapter"):
        open_checkpoint(tmp_path)
