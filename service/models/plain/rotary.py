"""By how much positions turn heads, for plain configurations: what transformers computes, to the last bit.

The order of operations is therefore not free.
"""

import math

import torch
from torch import Tensor

from service.models.plain.config import LinearRope, Llama3Rope, Rope


def tables(rope: Rope, head_dim: int, length: int) -> tuple[Tensor, Tensor]:
    """The cosines and sines of the positions below ``length``, [length, head_dim / 2] each."""
    angles = torch.arange(length).float()[:, None] * _frequencies(rope, head_dim)
    return angles.cos(), angles.sin()


def _frequencies(rope: Rope, head_dim: int) -> Tensor:
    assert rope.rope_theta is not None
    frequencies = 1.0 / rope.rope_theta ** (torch.arange(0, head_dim, 2).float() / head_dim)
    match rope:
        case LinearRope():
            return frequencies / rope.factor
        case Llama3Rope():
            return _llama3(frequencies, rope)
    return frequencies


def _llama3(frequencies: Tensor, rope: Llama3Rope) -> Tensor:
    """Short waves as they are, long ones stretched, and a blend of both in between."""
    context = rope.original_max_position_embeddings
    lengths = 2 * math.pi / frequencies
    blend = (context / lengths - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)
    blended = (1 - blend) * frequencies / rope.factor + blend * frequencies
    is_long, is_short = lengths > context / rope.low_freq_factor, lengths < context / rope.high_freq_factor
    return torch.where(is_long, frequencies / rope.factor, torch.where(is_short, frequencies, blended))
