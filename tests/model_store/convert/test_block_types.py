"""Quantized matrices keep the bytes of the GGUF file, and say in which format they are."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from gguf import GGML_QUANT_SIZES
from gguf import GGMLQuantizationType as Type
from gguf.quants import dequantize
from safetensors.torch import load_file

from model_store.convert.block_types import KEPT, finite_blocks
from model_store.convert.gguf_file import GgufTensor
from model_store.convert.model import convert
from model_store.errors import ModelRefused
from service.models.contracts.stored_matrix import BlockFormat
from tests.model_store import tiny


def test_the_service_reads_every_format_that_is_kept() -> None:
    assert {kind.name for kind in KEPT} == {each.name for each in BlockFormat}


@pytest.mark.parametrize("kind", KEPT, ids=lambda kind: kind.name)
@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
def test_matrices_keep_their_bytes_in_the_order_of_transformers(architecture: str, kind: Type, tmp_path: Path) -> None:
    model = tiny.make(architecture, shape=tiny.WIDE, layers=1)
    matrices = {name: value for name, value in model.tensors.items() if value.ndim == 2}
    tiny.write_gguf(model, tmp_path / "tiny.gguf", types={tiny.gguf_name(name): kind for name in matrices})
    convert(tmp_path / "tiny.gguf", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["quantization_config"] == {"quant_method": "gguf", "types": dict.fromkeys(matrices, kind.name)}
    assert config["dtype"] == "bfloat16"
    stored = load_file(tmp_path / "model.safetensors")
    assert stored.keys() == model.tensors.keys()
    for name, value in model.tensors.items():
        expected = tiny.pack(value, kind) if name in matrices else value
        assert torch.equal(stored[name], torch.from_numpy(expected)), name


def test_each_matrix_has_a_format_of_its_own(tmp_path: Path) -> None:
    """Unusual formats become bfloat16, unquantized matrices keep their type, vectors beside blocks are float32."""
    model = tiny.make("qwen2")
    types = {"blk.0.attn_q.weight": Type.Q5_1, "blk.0.attn_k.weight": Type.MXFP4, "blk.1.attn_k.weight": Type.F16}
    tiny.write_gguf(model, tmp_path / "tiny.gguf", types=types)
    convert(tmp_path / "tiny.gguf", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["quantization_config"]["types"] == {"model.layers.0.self_attn.q_proj.weight": "Q5_1"}
    stored = load_file(tmp_path / "model.safetensors")
    assert stored["model.layers.0.self_attn.k_proj.weight"].dtype == torch.bfloat16
    assert stored["model.layers.1.self_attn.k_proj.weight"].dtype == torch.float16
    assert stored["model.layers.0.self_attn.k_proj.bias"].dtype == torch.float32


@pytest.mark.parametrize("kind", KEPT, ids=lambda kind: kind.name)
def test_blocks_that_are_no_numbers_are_refused(kind: Type) -> None:
    """The check looks at all places of a block where a value can become infinite or NaN, and at no other."""
    weights, size = GGML_QUANT_SIZES[kind]
    tensor = GgufTensor("it", (1, weights), kind, 0, size)
    for place in range(0, size - 1):
        block = np.zeros((1, size), np.uint8)
        block[0, place : place + 2] = np.array([np.nan], np.float16).view(np.uint8)
        with np.errstate(invalid="ignore"):
            finite = bool(np.isfinite(dequantize(block, kind)).all())
        if finite:
            finite_blocks(block, tensor)
        else:
            with pytest.raises(ModelRefused, match="it holds values that are not numbers"):
                finite_blocks(block, tensor)
