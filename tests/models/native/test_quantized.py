"""Products with quantized matrices equal those with the weights that they stand for.

Weights are not rounded again. Activations are: to bytes with a scale for each 16 or 32 of them, or to int16.
"""

import pytest
import torch
from torch import Tensor

from service.models.contracts.stored_matrix import BlockFormat, StoredMatrix
from service.models.native.matrices import AnyMatrix
from service.models.native.structures import ACTIVATIONS, F32, INT8, Q4_1, Q8_0, STORED_INT8, KernelLinear
from tests.models.native.quantized_matrices import random_blocks, random_groups
from tests.models.native.test_packer import ROWS, load_kernels, make_packer, multiply

_BYTES = 0.012  # the relative error of products with activations of eight bits
_MATRICES: dict[str, StoredMatrix] = {
    **{each.name: random_blocks(each, 70, 512) for each in BlockFormat},
    **{f"int{bits}-{group}": random_groups(bits, group, 70, 384) for bits in (4, 8) for group in (32, 128, 384)},
}


def pack(matrix: StoredMatrix) -> tuple[object, KernelLinear]:
    packer = make_packer({"matrix.weight": matrix}.get, F32)
    return packer, packer.pack_linear("matrix")


def error(result: Tensor, expected: Tensor) -> float:
    return float((result - expected).norm() / expected.norm())


def rounded(x: Tensor, kind: int, *, bounded: bool = False) -> Tensor:
    """The activations [rows, k] that are multiplied by weights of a kind of eight bits.

    See quantized_rows.h and short_sum_rows.h.
    """
    together = load_kernels().trivium_rounded_together(kind)
    if not together:
        return x
    if together == 32:
        scales = (x.view(len(x), -1, 32).abs().amax(2) / 127).repeat_interleave(32, dim=1)
        return torch.where(scales > 0, (x / scales).round() * scales, 0)
    signed = x.view(len(x), -1, 4, 2, 2)
    quartets, pairs = signed.abs(), signed.sum(-1).abs()
    lanes = quartets.square().sum((2, 4)).sqrt() / 154.5857 if bounded else quartets.sum((2, 4)) / 251
    scales = torch.maximum(torch.maximum(pairs, quartets.amax(-1)).amax((2, 3)) / 127, lanes.amax(2))
    scales = scales.repeat_interleave(16, dim=1)
    return torch.where(scales > 0, (x / scales).round() * scales, 0)


@pytest.mark.parametrize("matrix", _MATRICES.values(), ids=_MATRICES)
def test_products_equal_those_with_the_dequantized_matrix(matrix: StoredMatrix) -> None:
    kept, linear = pack(matrix)
    for rows in ROWS:
        x = torch.randn(rows, matrix.shape[1], generator=torch.Generator().manual_seed(rows))
        result, weights = multiply(linear, x), matrix.dequantize().T
        if linear.kind in (STORED_INT8, Q8_0):
            assert error(rounded(x, linear.kind), x) < _BYTES
            assert error(result, rounded(x, linear.kind) @ weights) < 1e-4
        else:
            assert error(result, x @ weights) < _BYTES
    assert kept


@pytest.mark.parametrize("matrix", _MATRICES.values(), ids=_MATRICES)
def test_the_codes_and_the_scales_are_not_rounded(matrix: StoredMatrix) -> None:
    """A single activation is not rounded. So each weight can be read."""
    kept, linear = pack(matrix)
    k = matrix.shape[1]
    weights = torch.cat([multiply(linear, 127 * torch.eye(k)[begin : begin + 96]) for begin in range(0, k, 96)]) / 127
    torch.testing.assert_close(weights.T, matrix.dequantize(), rtol=1e-5, atol=1e-6)
    assert kept


@pytest.mark.parametrize("matrix", _MATRICES.values(), ids=_MATRICES)
def test_a_row_has_the_same_bits_in_every_number_of_rows(matrix: StoredMatrix) -> None:
    kept, linear = pack(matrix)
    x = torch.randn(20, matrix.shape[1], generator=torch.Generator().manual_seed(1))
    together = multiply(linear, x, threads=2)
    for begin, end in ((0, 1), (1, 3), (3, 6), (5, 9), (9, 20)):
        assert torch.equal(multiply(linear, x[begin:end].contiguous()), together[begin:end])
    assert kept


def test_matrices_of_several_formats_are_one_product() -> None:
    q, k, v = (
        random_blocks(each, n, 256)
        for each, n in ((BlockFormat.Q4_K, 48), (BlockFormat.Q5_0, 16), (BlockFormat.Q6_K, 17))
    )
    biases = [torch.arange(matrix.shape[0], dtype=torch.float32) for matrix in (q, k, v)]
    tensors: dict[str, AnyMatrix] = {
        "q.weight": q,
        "k.weight": k,
        "v.weight": v,
        "q.bias": biases[0],
        "v.bias": biases[2],
    }
    packer = make_packer(tensors.get, F32)
    linear = packer.pack_linear("q", "k", "v")
    x = torch.randn(7, 256, generator=torch.Generator().manual_seed(2))
    expected = torch.cat([x @ matrix.dequantize().T for matrix in (q, k, v)], dim=1)
    expected[:, :48] += biases[0]
    expected[:, 64:] += biases[2]
    assert error(multiply(linear, x, columns=81), expected) < _BYTES


@pytest.mark.parametrize("inner", [16, 33])
def test_gated_matrices_keep_their_format_or_become_floating_point(inner: int) -> None:
    x = torch.randn(7, 256, generator=torch.Generator().manual_seed(3))
    for formats in ((BlockFormat.Q4_K, BlockFormat.Q4_K), (BlockFormat.Q4_K, BlockFormat.Q6_K)):
        gate, up = (random_blocks(each, inner, 256, seed) for seed, each in enumerate(formats))
        packer = make_packer({"gate.weight": gate, "up.weight": up}.get, F32)
        linear = packer.pack_linear("gate", "up", gated=True, activation=ACTIVATIONS.index("silu"))
        expected = torch.nn.functional.silu(x @ gate.dequantize().T) * (x @ up.dequantize().T)
        assert error(multiply(linear, x)[:, :inner], expected) < 2 * _BYTES
        assert (linear.kind == F32) == (formats[0] is not formats[1])


@pytest.mark.parametrize("bounded", [False, True])
def test_no_sum_of_bytes_overflows(bounded: bool) -> None:
    """Weights are as large as their format allows; activations have their signs, and equal or very different sizes."""
    matrix = random_groups(8, 384, 70, 384)
    matrix.codes[:] = 255 * (matrix.codes > 127)
    matrix.zeros[:] = 128
    weights = matrix.dequantize()
    packer = make_packer({"matrix.weight": weights if bounded else matrix}.get, INT8)
    linear = packer.pack_linear("matrix")
    if bounded:
        weights = multiply(linear, 127 * torch.eye(384)).T.contiguous() / 127
    signs = weights.sign()
    random = torch.rand(70, 384, generator=torch.Generator().manual_seed(6))
    for x in (signs, -signs, signs * random, signs * (random < 0.2), signs + 0.03 * random, 1 + 0.03 * random):
        expected = rounded(x, linear.kind, bounded=bounded) @ weights.T
        assert (multiply(linear, x) - expected).abs().max() < 0.1  # a rounding may differ; a cut sum is farther off


def test_four_bits_are_chosen_for_the_least_error() -> None:
    """With a scale and an offset for 32 normally distributed weights, the error of rounding is about 7 %."""
    weights = torch.randn(64, 200, generator=torch.Generator().manual_seed(4))
    packer = make_packer({"matrix.weight": weights}.get, Q4_1)
    linear = packer.pack_linear("matrix")
    x = torch.randn(7, 200, generator=torch.Generator().manual_seed(5))
    assert 0.05 < error(multiply(linear, x), x @ weights.T) < 0.09
