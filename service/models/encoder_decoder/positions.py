"""The tables of absolute positions. Some checkpoints have none, as they can be computed."""

import math

import numpy as np
import torch
from torch import Tensor

from service.models.contracts.encoder_decoder_layout import Positions
from service.models.encoder_decoder.checkpoint import Checkpoint


def position_table(positions: Positions, hidden_size: int, checkpoint: Checkpoint) -> Tensor:
    """The rows for positions 0, 1, and so on: [count, hidden_size], float32."""
    end = positions.first + positions.count
    if positions.sinusoids == "powers":
        table = _powers(end, hidden_size)
    elif positions.sinusoids == "exponentials":
        table = _exponentials(end, hidden_size)
    else:
        table = checkpoint.load(positions.table).float()
    return table[positions.first : end].contiguous()


def _powers(count: int, size: int) -> Tensor:
    """Sines in the first half of a row, cosines in the second: Marian's. [count, size], computed in float64."""
    angles = np.arange(count)[:, None] / np.power(10000, 2 * (np.arange(size) // 2) / size)
    return torch.from_numpy(np.concatenate((np.sin(angles[:, 0::2]), np.cos(angles[:, 1::2])), axis=1)).float()


def _exponentials(count: int, size: int) -> Tensor:
    """The same with other frequencies, as tensor2tensor and fairseq have them: [count, size], computed in float32."""
    half = size // 2
    frequencies = torch.exp(torch.arange(half).float() * -(math.log(10000) / (half - 1)))
    angles = torch.arange(count).float()[:, None] * frequencies
    rows = torch.cat((angles.sin(), angles.cos()), dim=1)
    return torch.nn.functional.pad(rows, (0, size % 2))
