"""Selecting the best of each row's tokens without sorting them all.

Better is a higher logit and, where logits are equal, a lower id: no two tokens of a row are equally good.
"""

import torch
from torch import Tensor

_HALF = 1 << 16  # values that half of a float32's bits can take
HISTOGRAM = _HALF + 2  # numbers that ``beginning`` needs for a row besides those of its size


def ranks(logits: Tensor) -> Tensor:
    """An int32 for each logit that orders as the logits do. ``logits`` is float32 without NaN."""
    bits = (logits + 0.0).view(torch.int32)  # + 0.0 makes one zero of two
    return (bits >> 31).bitwise_and_(0x7FFFFFFF).bitwise_xor_(bits)  # negative floats have their bits the wrong way


def best(logits: Tensor, k: int) -> Tensor:
    """The ids of each row's ``k`` best tokens, best first: [n, k] int64. Of equal logits the lower id is better."""
    every = torch.arange(logits.shape[-1], device=logits.device)
    return ranks(logits).long().mul_(1 << 32).sub_(every).topk(k, dim=-1).indices


def beginning(order: Tensor, amounts: Tensor, needed: Tensor) -> Tensor:
    """The fewest of each row's tokens, best first, whose amounts add up to ``needed``. A mask [n, V].

    ``order`` is [n, V] int32, the ``ranks``. ``amounts`` is [n, V] int64 >= 0, the same wherever ``order`` is the same.
    ``needed`` is [n, 1] int64, at least 1 and at most the sum of the row's amounts.

    A radix select by amount. The amounts are summed up by the upper halves of ``order``, which tells the upper half at
    which ``needed`` is reached. Then they are summed up by the lower halves of those that have it (what is better goes
    into one slot before, what is worse into one behind), which tells the last value wanted. Of the tokens that have
    that value, the first few by id. It takes time linear in V whatever the values are, and nobody waits for the device.
    """
    worse = order.bitwise_not().long()  # ascending from the best
    upper, _, _ = _reach((worse >> 16).add_(_HALF // 2), amounts, needed, _HALF)
    first = (upper - _HALF // 2) * _HALF
    lower, amount, missing = _reach((worse - first).clamp_(-1, _HALF).add_(1), amounts, needed, _HALF + 2)
    last = first + lower - 1
    equal = worse == last
    each = (amount // equal.sum(dim=-1, keepdim=True).clamp(min=1)).clamp(min=1)
    return (worse < last) | (equal & (equal.cumsum(dim=-1) <= (missing + each - 1) // each))


def _reach(slots: Tensor, amounts: Tensor, needed: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Where the amounts, summed up by slot, reach ``needed``: that slot, its amount, and how much of it is needed."""
    histogram = torch.zeros(slots.shape[0], size, dtype=torch.int64, device=slots.device)
    histogram.scatter_add_(1, slots, amounts)
    sums = histogram.cumsum(dim=-1)
    slot = torch.searchsorted(sums, needed).clamp(max=size - 1)
    amount = histogram.gather(1, slot)
    return slot, amount, needed - (sums.gather(1, slot) - amount)
