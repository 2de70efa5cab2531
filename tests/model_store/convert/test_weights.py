"""Checks of the weights of a GGUF file before they are written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file

from model_store.convert import safetensors_file
from model_store.convert.config import read_shape
from model_store.convert.gguf_file import GgufFile
from model_store.convert.weights import EMBEDDING, HEAD, has_attention_bias, is_tied, plan_weights
from model_store.errors import ModelRefused
from tests.model_store import tiny

EMBEDDINGS = "model.embed_tokens.weight"


def written(path: Path, model: tiny.Tiny, **options: Any) -> Path:
    file = path / "tiny.gguf"
    tiny.write_gguf(model, file, **options)
    return file


def test_a_file_without_an_output_matrix_is_tied(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path, tiny.make("qwen2"))) as file:
        assert HEAD not in file.tensors
        assert is_tied(file)


def test_two_quantizations_of_one_matrix_are_tied(tmp_path: Path) -> None:
    model = tiny.make("qwen2")
    types = {EMBEDDING: Type.Q4_0, HEAD: Type.Q8_0}
    with GgufFile(written(tmp_path, model, types=types, extra={HEAD: model.tensors[EMBEDDINGS]})) as file:
        assert is_tied(file)


def test_two_different_matrices_are_not_tied(tmp_path: Path) -> None:
    with GgufFile(written(tmp_path, tiny.make("qwen2", tied=False))) as file:
        assert not is_tied(file)


def test_an_output_matrix_of_another_shape_is_refused(tmp_path: Path) -> None:
    extra = {HEAD: np.ones((tiny.VOCABULARY - 8, tiny.HIDDEN), np.float32)}
    with (
        GgufFile(written(tmp_path, tiny.make("qwen2"), extra=extra)) as file,
        pytest.raises(ModelRefused, match="have different shapes"),
    ):
        is_tied(file)


@pytest.mark.parametrize(
    ("architecture", "bias", "expected"), [("llama", False, False), ("llama", True, True), ("qwen2", False, True)]
)
def test_biases_of_the_attention_are_found(tmp_path: Path, architecture: str, bias: bool, expected: bool) -> None:
    with GgufFile(written(tmp_path, tiny.make(architecture, bias=bias))) as file:
        assert has_attention_bias(file) is expected


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "qwen3"])
def test_tensors_have_the_names_and_the_order_of_transformers(tmp_path: Path, architecture: str) -> None:
    model = tiny.make(architecture, tied=False)
    path = tmp_path / "model.safetensors"
    with GgufFile(written(tmp_path, model)) as file:
        safetensors_file.write(path, plan_weights(file, read_shape(file), tied=False), "")
    found = {name: tensor.float().numpy() for name, tensor in load_file(path).items()}
    assert found.keys() == model.tensors.keys()
    for name, values in model.tensors.items():
        assert np.allclose(found[name], values, rtol=2**-8, atol=0), name


def test_a_tensor_without_a_place_is_refused(tmp_path: Path) -> None:
    extra = {"rope_freqs.weight": np.ones(8, np.float32)}
    with (
        GgufFile(written(tmp_path, tiny.make("qwen2"), extra=extra)) as file,
        pytest.raises(ModelRefused, match=r"not converted: rope_freqs\.weight"),
    ):
        plan_weights(file, read_shape(file), tied=True)
