"""Unpacks small unsigned integers from the int32 numbers in which AWQ, GPTQ and compressed-tensors pack them."""

import torch
from torch import Tensor


def unpack_columns(packed: Tensor, bits: int) -> Tensor:
    """uint8 [rows, columns * 32 / bits] of ``packed``, int32 [rows, columns]: the lowest bits come first."""
    if bits == 8:
        return packed.contiguous().view(torch.uint8)
    pairs = packed.contiguous().view(torch.uint8)  # little-endian: the lowest byte comes first
    return torch.stack((pairs & 15, pairs >> 4), dim=-1).flatten(-2)


def unpack_rows(packed: Tensor, bits: int) -> Tensor:
    """uint8 [rows * 32 / bits, columns] of ``packed``, int32 [rows, columns]: the lowest bits are the first row."""
    return unpack_columns(packed.T, bits).T
