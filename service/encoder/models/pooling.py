"""From the hidden states of all tokens to one vector, as sentence-transformers' Pooling computes it."""

from collections.abc import Callable

import torch
from torch import Tensor

# All functions get hidden states [rows, length, hidden] and a mask [rows, length], 1 for tokens and 0 for the padding
# on the right. They return [rows, hidden].
_Pool = Callable[[Tensor, Tensor], Tensor]


def pool(mode: str, hidden: Tensor, mask: Tensor) -> Tensor:
    """Pool with one of the ``MODES``."""
    return MODES[mode](hidden, mask)


def _first(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden[:, 0]


def _last(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(dim=1) - 1]


def _max(hidden: Tensor, mask: Tensor) -> Tensor:
    return hidden.masked_fill(mask[..., None] == 0, -torch.inf).amax(dim=1)


def _sum(hidden: Tensor, weights: Tensor) -> Tensor:
    return torch.bmm(weights.to(hidden.dtype)[:, None], hidden)[:, 0]


def _mean(hidden: Tensor, mask: Tensor) -> Tensor:
    return _sum(hidden, mask) / mask.sum(dim=1, keepdim=True)


def _mean_sqrt_len(hidden: Tensor, mask: Tensor) -> Tensor:
    return _sum(hidden, mask) / mask.sum(dim=1, keepdim=True).sqrt()


def _weighted_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    weights = mask * torch.arange(1, mask.shape[1] + 1, device=mask.device)
    return _sum(hidden, weights) / weights.sum(dim=1, keepdim=True)


MODES: dict[str, _Pool] = {
    "cls": _first,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_sqrt_len,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}
