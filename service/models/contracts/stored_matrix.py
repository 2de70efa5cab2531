"""Quantized matrices as a checkpoint stores them. The kernels repack them; everything else reads them as float32.

A ``BlockMatrix`` holds the bytes of ggml's block formats, a ``GroupMatrix`` integers with a scale and a zero point for
each group of weights. Both stand for a matrix of n outputs and k inputs, in the order of ``torch.nn.Linear``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import torch
from torch import Tensor

_CHUNK = 1 << 22  # weights that are dequantized at a time


class BlockFormat(Enum):
    """A block format of ggml: each run of ``block_weights`` weights of a row is stored in ``block_bytes`` bytes.

    The value is ggml's number of the type. The layout of a block is documented in ggml's ``ggml-common.h``.
    """

    Q4_0 = 2
    Q4_1 = 3
    Q5_0 = 6
    Q5_1 = 7
    Q8_0 = 8
    Q4_K = 12
    Q5_K = 13
    Q6_K = 14
    IQ4_NL = 20

    @property
    def block_weights(self) -> int:
        """Weights in a block."""
        return _SIZES[self][0]

    @property
    def block_bytes(self) -> int:
        """Bytes of a block."""
        return _SIZES[self][1]


_SIZES = {
    BlockFormat.Q4_0: (32, 18),
    BlockFormat.Q4_1: (32, 20),
    BlockFormat.Q5_0: (32, 22),
    BlockFormat.Q5_1: (32, 24),
    BlockFormat.Q8_0: (32, 34),
    BlockFormat.Q4_K: (256, 144),
    BlockFormat.Q5_K: (256, 176),
    BlockFormat.Q6_K: (256, 210),
    BlockFormat.IQ4_NL: (32, 18),
}


@dataclass(slots=True, frozen=True)
class BlockMatrix:
    """A matrix in a block format. ``blocks`` is uint8 [n, bytes of a row], exactly ggml's bytes."""

    format: BlockFormat
    blocks: Tensor

    @property
    def shape(self) -> tuple[int, int]:
        """(n, k)."""
        n, row_bytes = self.blocks.shape
        return n, row_bytes // self.format.block_bytes * self.format.block_weights

    def dequantize(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The matrix [n, k]: ggml's float32 values, rounded to ``dtype``."""
        from gguf import GGMLQuantizationType  # slow to import, and the kernels need no dequantized matrix
        from gguf.quants import dequantize

        kind = GGMLQuantizationType(self.format.value)
        return _by_rows(self, dtype, lambda rows: torch.from_numpy(dequantize(self.blocks[rows].numpy(), kind)))


@dataclass(slots=True, frozen=True)
class GroupMatrix:
    """A matrix of integers. A weight is scale * (code - zero), with one scale and one zero for each ``group`` of a row.

    ``codes`` is uint8 [n, k], below 2 ** ``bits``. ``scales`` is float32 [n, k / group], ``zeros`` uint8 of that shape.
    ``group`` divides k; a group of k weights is a whole row.
    """

    codes: Tensor
    scales: Tensor
    zeros: Tensor
    group: int
    bits: int  # 4 or 8

    @property
    def shape(self) -> tuple[int, int]:
        """(n, k)."""
        n, k = self.codes.shape
        return n, k

    def dequantize(self, dtype: torch.dtype = torch.float32) -> Tensor:
        """The matrix [n, k]: the weights in float32, rounded to ``dtype``."""

        def values(rows: slice) -> Tensor:
            scales, zeros = self.scales[rows, :, None], self.zeros[rows, :, None]
            groups = self.codes[rows].view(*scales.shape[:2], self.group)
            return ((groups.float() - zeros) * scales).flatten(1)

        return _by_rows(self, dtype, values)


StoredMatrix = BlockMatrix | GroupMatrix


def _by_rows(matrix: StoredMatrix, dtype: torch.dtype, values: Callable[[slice], Tensor]) -> Tensor:
    """The matrix [n, k] of ``dtype``, from the float32 ``values`` of a few rows at a time."""
    n, k = matrix.shape
    result = torch.empty(n, k, dtype=dtype)
    step = max(1, _CHUNK // k)
    for start in range(0, n, step):
        rows = slice(start, min(start + step, n))
        result[rows] = values(rows)
    return result
