"""The cosines and sines of rotary positions, for plain configurations.

The results equal those of transformers bit by bit, so the order of the operations matters.
"""

import math

import torch
from torch import Tensor

from service.models.plain_configs.rope_parameters import LinearRope, Llama3Rope, Rope


def rope_tables(rope: Rope, head_dim: int, length: int) -> tuple[Tensor, Tensor]:
    """The cosines and the sines of all positions below ``length``: float32 [length, head_dim / 2] each.

    ``rope.rope_theta`` must not be None.
    """
    angles = torch.arange(length).float()[:, None] * _frequencies(rope, head_dim)
    return angles.cos(), angles.sin()


def _frequencies(rope: Rope, head_dim: int) -> Tensor:
    """[head_dim / 2]: the angle by which one position turns each pair of dimensions."""
    assert rope.rope_theta is not None
    frequencies = 1.0 / rope.rope_theta ** (torch.arange(0, head_dim, 2).float() / head_dim)
    match rope:
        case LinearRope():
            return frequencies / rope.factor
        case Llama3Rope():
            return _llama3_frequencies(frequencies, rope)
    return frequencies


def _llama3_frequencies(frequencies: Tensor, rope: Llama3Rope) -> Tensor:
    """Keep short wavelengths, stretch long ones by ``factor``, and blend the two in between."""
    context = rope.original_max_position_embeddings
    wavelengths = 2 * math.pi / frequencies
    blend = (context / wavelengths - rope.low_freq_factor) / (rope.high_freq_factor - rope.low_freq_factor)
    blended = (1 - blend) * frequencies / rope.factor + blend * frequencies
    is_long, is_short = wavelengths > context / rope.low_freq_factor, wavelengths < context / rope.high_freq_factor
    return torch.where(is_long, frequencies / rope.factor, torch.where(is_short, frequencies, blended))
