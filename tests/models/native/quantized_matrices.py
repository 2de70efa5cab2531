"""Quantized matrices of random numbers, in every format that a checkpoint may have."""

import torch
from torch import Tensor

from service.models.contracts.stored_matrix import BlockFormat, BlockMatrix, GroupMatrix

# Where the float16 numbers of a block are, in bytes. Everything else of a block may be any bits.
_HALVES: dict[BlockFormat, tuple[int, ...]] = {BlockFormat.Q6_K: (208,)}
_HALVES |= dict.fromkeys((BlockFormat.Q4_1, BlockFormat.Q5_1, BlockFormat.Q4_K, BlockFormat.Q5_K), (0, 2))


def random_blocks(block_format: BlockFormat, n: int, k: int, seed: int = 0) -> BlockMatrix:
    """A matrix [n, k] whose blocks have random codes and scales of about 0.01."""
    generator = torch.Generator().manual_seed(seed)
    shape = n, k // block_format.block_weights, block_format.block_bytes
    blocks = torch.randint(0, 256, shape, dtype=torch.uint8, generator=generator)
    for place in _HALVES.get(block_format, (0,)):
        halves = (0.02 * torch.rand(shape[:2], generator=generator) + 0.001).half()
        blocks[:, :, place : place + 2] = halves.view(torch.uint8).view(*shape[:2], 2)
    return BlockMatrix(block_format, blocks.view(n, -1))


def random_groups(bits: int, group: int, n: int, k: int, seed: int = 0) -> GroupMatrix:
    """A matrix [n, k] with random codes, scales and zeros."""
    generator = torch.Generator().manual_seed(seed)

    def codes(*shape: int) -> Tensor:
        return torch.randint(0, 2**bits, shape, dtype=torch.uint8, generator=generator)

    scales = 0.01 * torch.rand(n, k // group, generator=generator)
    return GroupMatrix(codes(n, k), scales, codes(n, k // group), group, bits)
