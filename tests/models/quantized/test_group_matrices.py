"""Matrices of AWQ, GPTQ and compressed-tensors are read exactly, or refused in words."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import GroupMatrix
from service.models.hf.checkpoint import load_language_model
from service.models.native.kernels import block_size
from service.models.quantized.quantized_checkpoint import QuantizedCheckpoint
from service.models.tensor_files import TensorFiles
from tests.engine.test_architectures import check_against, make_runner
from tests.models.plain.plain_models import write_model
from tests.models.quantized.packing import (
    Integers,
    Parts,
    awq_parts,
    compressed_config,
    compressed_parts,
    gptq_parts,
    int8_parts,
    quantize_layers,
    random_integers,
)
from tests.models.quantized.test_gguf_models import BYTE_ERROR, logit_error

AWQ = {"quant_method": "awq", "bits": 4, "group_size": 16, "zero_point": True, "version": "gemm"}
GPTQ = {"quant_method": "gptq", "bits": 4, "group_size": 16, "desc_act": False, "sym": False}
W8A8 = compressed_config("int-quantized", num_bits=8, symmetric=True, strategy="channel", group_size=None)
W8A8["config_groups"]["group_0"]["input_activations"] = {"num_bits": 8, "type": "int", "dynamic": True}
WHOLE: dict[str, Any] = {"num_bits": 8, "strategy": "channel", "group_size": None}

FOUR, EIGHT = random_integers((24, 48)), random_integers((24, 48), bits=8)
EVEN = random_integers((24, 48), symmetric=True)
FOUR_ROWS, ROWS = random_integers((24, 48), group=48), random_integers((24, 48), bits=8, group=48)
EVEN_ROWS = random_integers((24, 48), bits=8, group=48, symmetric=True)
ONE_SCALE = Integers(EVEN_ROWS.codes, np.full((24, 1), 0.25, np.float16), EVEN_ROWS.zeros, 8)

READ: dict[str, tuple[dict[str, Any], Integers, Parts]] = {
    "AWQ": (AWQ, FOUR, awq_parts(FOUR)),
    "AWQ, whole rows": (AWQ | {"group_size": -1}, FOUR_ROWS, awq_parts(FOUR_ROWS)),
    "GPTQ": (GPTQ, FOUR, gptq_parts(FOUR)),
    "GPTQ, 8 bits": (GPTQ | {"bits": 8}, EIGHT, gptq_parts(EIGHT)),
    "GPTQ, second version": (GPTQ | {"checkpoint_format": "gptq_v2"}, FOUR, gptq_parts(FOUR, less=0)),
    "packed": (compressed_config(), FOUR, compressed_parts(FOUR)),
    "packed, symmetric": (compressed_config(symmetric=True), EVEN, compressed_parts(EVEN, symmetric=True)),
    "packed, 8 bits, whole rows": (compressed_config(**WHOLE), ROWS, compressed_parts(ROWS)),
    "int8": (W8A8, EVEN_ROWS, int8_parts(EVEN_ROWS)),
    "int8 with one scale": (
        compressed_config("naive-quantized", **WHOLE | {"strategy": "tensor", "symmetric": True}),
        ONE_SCALE,
        int8_parts(ONE_SCALE) | {"weight_scale": np.array([0.25], np.float16)},
    ),
}


def open_parts(path: Path, config: dict[str, Any], parts: Parts) -> QuantizedCheckpoint:
    """A checkpoint of one linear layer."""
    tensors = {f"layer.{name}": torch.from_numpy(np.ascontiguousarray(each)) for name, each in parts.items()}
    save_file(tensors, path / "model.safetensors")
    return QuantizedCheckpoint(config, TensorFiles(path))


@pytest.mark.parametrize("name", READ)
def test_integers_are_read_as_they_were_packed(name: str, tmp_path: Path) -> None:
    config, expected, parts = READ[name]
    checkpoint = open_parts(tmp_path, config, parts)
    place = checkpoint.matrices["layer.weight"]
    found = place.load()
    assert isinstance(found, GroupMatrix)
    assert (place.shape, set(place.parts)) == ([24, 48], {f"layer.{part}" for part in parts})
    assert (found.bits, found.group) == (expected.bits, expected.group)
    assert np.array_equal(found.codes.numpy(), expected.codes)
    assert np.array_equal(found.zeros.numpy(), expected.zeros)
    assert np.array_equal(found.scales.numpy(), expected.scales.astype(np.float32))
    assert np.array_equal(checkpoint.dequantized(torch.float32)["layer.weight"].numpy(), expected.weights())


def test_zero_points_that_programs_read_differently_are_refused(tmp_path: Path) -> None:
    """The first version of GPTQ's format stores 15 for a zero point that is 0 to some programs and 16 to others."""
    parts = gptq_parts(FOUR) | {"qzeros": np.full((3, 3), -1, np.int32)}
    with pytest.raises(UnsupportedModel, match=r"layer\.qzeros has zero points that the first version"):
        open_parts(tmp_path, GPTQ, parts).load("layer.weight")


def test_groups_in_the_order_of_activations_are_refused(tmp_path: Path) -> None:
    parts = gptq_parts(FOUR) | {"g_idx": np.arange(48, dtype=np.int32) % 3}
    with pytest.raises(UnsupportedModel, match=r"layer\.g_idx: GPTQ with groups in the order of activations"):
        open_parts(tmp_path, GPTQ | {"desc_act": True}, parts).load("layer.weight")


REFUSED: dict[str, tuple[dict[str, Any], Parts]] = {
    "version = 'gemv'": (AWQ | {"version": "gemv"}, awq_parts(FOUR)),
    "zero_point = False": (AWQ | {"zero_point": False}, awq_parts(FOUR)),
    "groups of 20 weights do not divide rows of 48": (AWQ | {"group_size": 20}, awq_parts(FOUR)),
    r"layer\.qzeros is I32 \[3, 3\], not I32 \[6, 3\]": (AWQ | {"group_size": 8}, awq_parts(FOUR)),
    r"lacks layer\.scales": (AWQ, {name: part for name, part in awq_parts(FOUR).items() if name != "scales"}),
    "GPTQ with 3 bits": (GPTQ | {"bits": 3}, gptq_parts(FOUR)),
    "in the format 'marlin'": (GPTQ | {"checkpoint_format": "marlin"}, gptq_parts(FOUR)),
    r"\(dynamic\)": (GPTQ | {"dynamic": {"-:lm_head": {}}}, gptq_parts(FOUR)),
    "is not understood": (GPTQ | {"group_size": "16"}, gptq_parts(FOUR)),
    "no matrix that gptq quantized": (GPTQ, {"weight": FOUR.weights()}),
    "in the format 'float-quantized'": (compressed_config("float-quantized"), compressed_parts(FOUR)),
    "with float weights of 4 bits": (compressed_config(type="float"), compressed_parts(FOUR)),
    "with int weights of 4 bits by block": (compressed_config(strategy="block"), compressed_parts(FOUR)),
    "in the order of activations": (compressed_config(actorder="group"), compressed_parts(FOUR)),
    "with transform_config": (compressed_config() | {"transform_config": {"it": 1}}, compressed_parts(FOUR)),
    "fixed scales": (
        W8A8 | {"config_groups": {"it": {"weights": {}, "input_activations": {"num_bits": 8, "dynamic": False}}}},
        int8_parts(EVEN_ROWS),
    ),
    "several schemes": (compressed_config() | {"config_groups": {}}, compressed_parts(FOUR)),
    "has no types": ({"quant_method": "gguf"}, {}),
    "stored as Q2_K": ({"quant_method": "gguf", "types": {"layer.weight": "Q2_K"}}, {}),
    r"lacks layer\.weight": ({"quant_method": "gguf", "types": {"layer.weight": "Q8_0"}}, {}),
    "no matrix of Q8_0 blocks": (
        {"quant_method": "gguf", "types": {"layer.weight": "Q8_0"}},
        {"weight": np.zeros((4, 35), np.uint8)},
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_what_would_be_read_wrongly_is_refused(reason: str, tmp_path: Path) -> None:
    config, parts = REFUSED[reason]
    with pytest.raises(UnsupportedModel, match=reason):
        open_parts(tmp_path, config, parts)


SERVED = {
    "AWQ": (AWQ, awq_parts, {}),
    "GPTQ": (GPTQ, gptq_parts, {}),
    "W8A8": (W8A8, int8_parts, {"bits": 8, "group": 64, "symmetric": True}),
}


@pytest.mark.parametrize("native", [True, False], ids=["native", "torch"])
@pytest.mark.parametrize("name", SERVED)
def test_a_model_computes_what_its_dequantized_weights_compute(name: str, native: bool, tmp_path: Path) -> None:
    config, parts, options = SERVED[name]
    shape: dict[str, Any] = {"hidden_size": 64, "intermediate_size": 64, "num_attention_heads": 2}
    write_model(tmp_path, "llama", **shape)
    reference = load_language_model(str(tmp_path), torch.float32, attn_implementation="eager")
    reference.load_state_dict(quantize_layers(tmp_path, config, parts, **options))
    runner = make_runner(tmp_path, dtype="float32", native_kernels=native, block_size=block_size())
    assert runner.info.backend == ("native" if native else "torch")
    if native:
        assert logit_error(reference, runner) < BYTE_ERROR
    else:
        check_against(reference, runner, tolerance=3e-3)
