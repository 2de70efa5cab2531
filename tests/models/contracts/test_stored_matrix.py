"""Stored matrices have the values that gguf's and torch's own functions give their bytes."""

import numpy as np
import pytest
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType
from gguf.quants import dequantize, quantize

from service.models.contracts import stored_matrix
from service.models.contracts.stored_matrix import BlockFormat, BlockMatrix, GroupMatrix


@pytest.mark.parametrize("each", BlockFormat, ids=lambda each: each.name)
def test_a_format_has_the_number_and_the_sizes_of_ggml(each: BlockFormat) -> None:
    kind = GGMLQuantizationType[each.name]
    assert (each.value, (each.block_weights, each.block_bytes)) == (kind.value, GGML_QUANT_SIZES[kind])
    assert BlockFormat(kind.value) is each


def test_a_block_matrix_is_dequantized_chunk_by_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_matrix, "_CHUNK", 3 * 64)
    weights = np.random.default_rng(1).standard_normal((7, 64)).astype(np.float32)
    blocks = quantize(weights, GGMLQuantizationType.Q4_1)
    matrix = BlockMatrix(BlockFormat.Q4_1, torch.from_numpy(blocks))
    expected = torch.from_numpy(dequantize(blocks, GGMLQuantizationType.Q4_1))
    assert matrix.shape == (7, 64)
    assert torch.equal(matrix.dequantize(), expected)
    assert torch.equal(matrix.dequantize(torch.bfloat16), expected.bfloat16())


@pytest.mark.parametrize("group", [16, 48])
def test_a_group_matrix_is_scale_times_the_difference_of_code_and_zero(group: int) -> None:
    random = np.random.default_rng(2)
    codes = random.integers(0, 16, (5, 48), dtype=np.uint8)
    zeros = random.integers(0, 16, (5, 48 // group), dtype=np.uint8)
    scales = random.standard_normal((5, 48 // group)).astype(np.float32)
    matrix = GroupMatrix(
        torch.from_numpy(codes), torch.from_numpy(scales), torch.from_numpy(zeros), group=group, bits=4
    )
    expected = np.repeat(scales, group, 1) * (codes.astype(np.float32) - np.repeat(zeros, group, 1))
    assert matrix.shape == (5, 48)
    assert np.array_equal(matrix.dequantize().numpy(), expected)
