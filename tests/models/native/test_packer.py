"""Packed weights: products with them equal torch's, for all kinds of numbers and sizes that fill no panel."""

import ctypes
from collections.abc import Callable
from functools import cache, partial
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from service.models.native import kernels
from service.models.native.kernels import block_size
from service.models.native.matrices import with_tiles
from service.models.native.packer import LoadTensor, Packer
from service.models.native.structures import ACTIVATIONS, BF16, F16, F32, INT8, TILED, KernelLinear

EXPECTED: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "silu": functional.silu,
    "gelu": functional.gelu,
    "gelu_tanh": partial(functional.gelu, approximate="tanh"),
    "relu": functional.relu,
    "relu_squared": lambda x: functional.relu(x) ** 2,
}
ROWS = (1, 2, 3, 4, 6, 7, 13)  # each number of rows that a tile can have, and several tiles


def load_kernels() -> ctypes.CDLL:
    library = kernels.load()
    assert library is not None
    return library


@cache
def team_of(threads: int) -> int:
    return int(load_kernels().trivium_create_team(threads))


def multiply(linear: KernelLinear, x: Tensor, threads: int = 1, columns: int | None = None) -> Tensor:
    """``x`` times a packed matrix of so many ``columns``. Gated matrices fill only the first half of each row."""
    out = torch.zeros(len(x), columns or linear.n)
    load_kernels().trivium_linear(team_of(threads), linear, x.data_ptr(), len(x), out.data_ptr(), out.shape[1])
    return out


def make_packer(load_tensor: LoadTensor, kind: int) -> Packer:
    return Packer(load_kernels(), load_tensor, team=team_of(2), kind=kind)


def pack(kind: int, *weights: Tensor, biases: tuple[Tensor, ...] = ()) -> tuple[Packer, KernelLinear]:
    """The weights as one packed matrix. It lives as long as the packer."""
    tensors = {f"{number}.weight": weight for number, weight in enumerate(weights)}
    tensors |= {f"{number}.bias": bias for number, bias in enumerate(biases)}
    packer = make_packer(tensors.get, kind)
    return packer, packer.pack_linear(*map(str, range(len(weights))))


def random_tensors(seed: int, dtype: torch.dtype = torch.float32) -> Callable[..., Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return lambda *shape: torch.randn(*shape, generator=generator).to(dtype)


@pytest.mark.parametrize(("n", "k"), [(1, 1), (31, 7), (64, 64), (65, 33), (200, 72)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16], ids=str)
def test_products_with_packed_weights_equal_torch(dtype: torch.dtype, n: int, k: int) -> None:
    weight = random_tensors(n, dtype)(n, k)
    packer, linear = pack({torch.float32: F32, torch.bfloat16: BF16, torch.float16: F16}[dtype], weight)
    for rows in ROWS:
        x = random_tensors(rows)(rows, k)
        torch.testing.assert_close(multiply(linear, x), x @ weight.float().T, rtol=1e-4, atol=1e-4)
    assert len(packer.tensors) == 1


@pytest.mark.parametrize(("n", "k"), [(1, 32), (31, 96), (64, 64), (200, 320)])
def test_tiles_equal_torch(n: int, k: int) -> None:
    """A processor without AMX computes them slowly. Numbers that are split into two have 16 bits and more."""
    weight = random_tensors(n, torch.bfloat16)(n, k)
    packer, linear = pack(TILED, weight, biases=(torch.ones(n),))
    assert linear.kind == TILED
    for rows in (1, 16, 17, 33):
        x = random_tensors(rows)(rows, k)
        torch.testing.assert_close(multiply(linear, x), x @ weight.float().T + 1, rtol=1e-4, atol=4e-4)
    assert packer.tensors


def test_a_matrix_that_fills_no_tile_stays_in_panels() -> None:
    packer, linear = pack(TILED, random_tensors(1, torch.bfloat16)(8, 40))
    assert linear.kind == BF16
    assert packer.tensors


@pytest.mark.parametrize(("lanes_of_build", "kind"), [(4, BF16), (8, TILED), (16, TILED)])
def test_vectors_that_are_too_short_for_tiles_use_panels(lanes_of_build: int, kind: int) -> None:
    """The portable build, also on a processor with AMX: two of its panels have 16 columns, and tiles have 32."""
    library: Any = SimpleNamespace(trivium_lanes=lambda: lanes_of_build, trivium_has_amx=lambda: 1)
    assert with_tiles(library, BF16, 64) == kind


@pytest.mark.parametrize("threads", [1, 2, 32])
@pytest.mark.parametrize("kind", [F32, F16, INT8, TILED])
def test_a_row_has_the_same_bits_in_every_number_of_rows(kind: int, threads: int) -> None:
    random = random_tensors(5)
    packer, linear = pack(kind, random(200, 96))
    x = random(110, 96)
    together = multiply(linear, x, threads)
    for begin, end in ((0, 1), (1, 3), (3, 9), (9, 20), (20, 110)):
        assert torch.equal(multiply(linear, x[begin:end].contiguous()), together[begin:end])
    assert packer.tensors


def test_several_matrices_and_biases_are_one_product() -> None:
    random = random_tensors(3)
    q, k, bias = random(40, 24), random(9, 24), random(9)
    tensors = {"q.weight": q, "k.weight": k, "k.bias": bias}
    packer = make_packer(tensors.get, F32)
    x = random(5, 24)
    expected = torch.cat((x @ q.T, x @ k.T + bias), dim=1)
    torch.testing.assert_close(multiply(packer.pack_linear("q", "k"), x), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("inner", [1, 16, 33, 56])
@pytest.mark.parametrize("name", EXPECTED)
def test_activations_equal_torch(name: str, inner: int) -> None:
    random = random_tensors(inner)
    gate, up = random(inner, 24), random(inner, 24)
    packer = make_packer({"gate.weight": gate, "up.weight": up}.get, F32)
    activation = ACTIVATIONS.index(name)
    gated = packer.pack_linear("gate", "up", gated=True, activation=activation)
    assert gated.n == 2 * inner
    x = 3 * random(7, 24)
    expected = EXPECTED[name](x @ gate.T)
    torch.testing.assert_close(multiply(gated, x)[:, :inner], expected * (x @ up.T), rtol=1e-4, atol=1e-4)
    plain = packer.pack_linear("gate", activation=activation)
    torch.testing.assert_close(multiply(plain, x), expected, rtol=1e-4, atol=1e-5)


def test_a_missing_matrix_is_an_error_and_a_missing_vector_is_none() -> None:
    packer = make_packer(lambda name: None, F32)
    assert packer.copy_vector("norm") is None
    with pytest.raises(AssertionError, match=r"no tensor q\.weight"):
        packer.pack_linear("q")


@pytest.mark.parametrize("k", [1, 63, 896, 4864, 65536])
def test_the_largest_sums_of_int8_fit(k: int) -> None:
    """Of each 16 weights and activations, one pair is the largest, and lanes have the largest norms: short_sum_rows.h.

    None of them is rounded.
    """
    largest_weights = torch.tensor([127.0, 100, 127, 127, 127, 20, 0, 104, 0, 0, 0, 0, 0, 0, 0, 0])
    largest = torch.tensor([127.0, 0, 64, 63, 0, 88, 0, 125, 0, 0, 0, 0, 0, 0, 0, 0])
    weights = (largest_weights.repeat(k // 16 + 1)[:k] / 256).repeat(2 * block_size(), 1)
    x = largest.repeat(k // 16 + 1)[:k] * torch.tensor([[0.5], [-0.5]])
    weights[1::2] *= -1
    packer, linear = pack(INT8, weights)
    chunks = -(-k // 32)  # they are added in float32
    torch.testing.assert_close(multiply(linear, x), x @ weights.T, rtol=1e-5 + chunks * 2**-24, atol=0)
    assert len(packer.tensors) == 1


@pytest.mark.parametrize("k", [72, 896, 4864])
def test_one_large_activation_does_not_make_the_others_inexact(k: int) -> None:
    """Language models have single activations that are fifty times the others. Only the weights' own error remains."""
    random = random_tensors(k)
    weights, x = random(2 * block_size(), k), random(5, k)
    x[:, 3] *= 50
    packer, linear = pack(INT8, weights)
    expected = x @ weights.T
    assert (multiply(linear, x) - expected).norm() / expected.norm() < 0.015
    assert len(packer.tensors) == 1


def test_gelu_has_no_subnormal_numbers() -> None:
    """Products with them take many times as long."""
    packer = make_packer({"w.weight": torch.eye(32)}.get, F32)
    linear = packer.pack_linear("w", activation=ACTIVATIONS.index("gelu"))
    x = -torch.linspace(0, 40, 32 * 50).reshape(50, 32)
    y = multiply(linear, x)
    assert not ((y != 0) & (y.abs() < torch.finfo(torch.float32).tiny)).any()
    torch.testing.assert_close(y, functional.gelu(x), rtol=1e-4, atol=1e-6)
