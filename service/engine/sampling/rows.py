"""Selects rows of a tensor that has one row for each sequence, and divides rows into tiles."""

import torch
from torch import Tensor

from service.engine.sampling.selection import HISTOGRAM_SIZE
from service.engine.sampling.transfer import to_device

_TILE_LOGITS = {"cpu": 1 << 18, "cuda": 1 << 22}  # logits in a tile: they limit the memory and change no result


def select_rows(tensor: Tensor, rows: list[int]) -> Tensor:
    """The given rows of a tensor. If ``rows`` are all its rows in order, this is the tensor itself and not a copy."""
    if len(rows) == tensor.shape[0]:
        return tensor
    return tensor[to_device(rows, torch.int64, tensor.device)]


def row_tiles(count: int, logits: Tensor) -> list[slice]:
    """Slices of ``count`` rows as wide as ``logits``, each small enough to be computed at once."""
    width = max(logits.shape[-1], HISTOGRAM_SIZE)
    size = max(1, _TILE_LOGITS.get(logits.device.type, _TILE_LOGITS["cuda"]) // width)
    return [slice(start, start + size) for start in range(0, count, size)]
