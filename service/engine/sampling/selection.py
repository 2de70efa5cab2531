"""Selects the best tokens of each row of logits without sorting all of them.

A token is better if its logit is higher or, where logits are equal, if its id is lower: no two tokens of a row are
equally good.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_HALF = 1 << 16  # values that half of a float32's bits can take
_LEAST_GROUPS = 1024  # of a row, whose best logits bound the k-th best one
HISTOGRAM_SIZE = _HALF + 2  # int64 numbers in the largest histogram that ``smallest_prefix`` makes for a row


def order_keys(logits: Tensor) -> Tensor:
    """An int32 for each logit, in the same order as the logits. ``logits`` is float32 without NaN."""
    bits = (logits + 0.0).view(torch.int32)  # + 0.0 turns -0.0 into 0.0, so that the two are equal
    return (bits >> 31).bitwise_and_(0x7FFFFFFF).bitwise_xor_(bits)  # reverses the order of negative floats' bits


def best_tokens(logits: Tensor) -> tuple[Tensor, Tensor]:
    """The best logit of each row [n, V] and its id, the first of equal ones: [n] and [n] int64. NaN is the best of all.

    On the CPU numpy reads the logits once, with vector instructions; torch's maximum with indices has none there.
    """
    if logits.device.type != "cpu":
        peaks, tokens = logits.max(dim=-1)
        return peaks, tokens
    rows = logits.numpy()
    tokens = rows.argmax(axis=-1)
    return torch.from_numpy(rows[np.arange(len(rows)), tokens]), torch.from_numpy(tokens)


def top_k_ids(logits: Tensor, k: int) -> Tensor:
    """The ids of each row's ``k`` best tokens, best first: [n, k] int64. Of equal logits the lower id is better.

    ``logits`` is float32. The ids of a row with NaN have no meaning.
    """
    if logits.device.type == "cpu":
        ids = np.empty((logits.shape[0], k), dtype=np.int64)
        for best, row in zip(ids, logits.numpy(), strict=True):
            best[:] = _top_of_row(row, k)
        return torch.from_numpy(ids)
    return top_k_by_keys(logits, k)


def top_k_by_keys(logits: Tensor, k: int) -> Tensor:
    """As ``top_k_ids``, by torch alone: for GPUs, where numpy cannot read the logits."""
    columns = torch.arange(logits.shape[-1], device=logits.device)
    return order_keys(logits).long().mul_(1 << 32).sub_(columns).topk(k, dim=-1).indices


def _top_of_row(row: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """The ids of the ``k`` best tokens of one row [V], best first.

    The row is divided into at least k groups. Each of the k groups with the best maxima has a logit that is no less
    than the k-th best maximum. So this bound is no more than the k-th best logit, and few tokens are above it. Finding
    them takes two passes over the row, and only they are sorted.
    """
    if not k:
        return np.empty(0, dtype=np.intp)
    size = max(1, len(row) // max(4 * k, _LEAST_GROUPS))
    num_groups = len(row) // size
    maxima = row[: num_groups * size].reshape(size, num_groups).max(axis=0)
    bound = np.partition(maxima, num_groups - k)[num_groups - k]
    above = np.flatnonzero(row > bound)
    ids = above[np.argsort(-row[above], kind="stable")[:k]]
    if len(ids) < k:
        ids = np.concatenate((ids, np.flatnonzero(row == bound)[: k - len(ids)]))
    return ids if len(ids) == k else np.zeros(k, dtype=np.intp)  # zeros: with NaN


def smallest_prefix(keys: Tensor, amounts: Tensor, needed: Tensor) -> Tensor:
    """The fewest of each row's tokens, best first, whose amounts add up to ``needed``: a mask [n, V].

    ``keys`` is [n, V] int32, the ``order_keys``. ``amounts`` is [n, V] int64 >= 0, equal wherever ``keys`` are equal.
    ``needed`` is [n, 1] int64, at least 1 and at most the sum of the row's amounts.

    This is a radix select by amount. First, the amounts are summed up by the upper halves of the keys. These sums show
    the upper half at which ``needed`` is reached. Then the amounts of the tokens with that upper half are summed up by
    the lower halves (better tokens share one slot in front, worse tokens one slot at the end). These sums show the last
    key that is selected. Of the tokens with that key, the first few by id are selected. The time is linear in V for any
    values, and the host never waits for the device.
    """
    descending = keys.bitwise_not().long()  # ascending from the best token
    upper, _, _ = _find_slot((descending >> 16).add_(_HALF // 2), amounts, needed, _HALF)
    first = (upper - _HALF // 2) * _HALF
    slots = (descending - first).clamp_(-1, _HALF).add_(1)
    lower, amount, missing = _find_slot(slots, amounts, needed, HISTOGRAM_SIZE)
    last = first + lower - 1
    equal = descending == last
    amount_per_token = (amount // equal.sum(dim=-1, keepdim=True).clamp(min=1)).clamp(min=1)
    return (descending < last) | (equal & (equal.cumsum(dim=-1) <= -(-missing // amount_per_token)))


def _find_slot(slots: Tensor, amounts: Tensor, needed: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Find the slot at which the amounts, summed up by slot, reach ``needed``.

    Returns the slot, the amount in it, and how much of this amount is needed: [n, 1] int64 each.
    """
    histogram = torch.zeros(slots.shape[0], size, dtype=torch.int64, device=slots.device)
    histogram.scatter_add_(1, slots, amounts)
    sums = histogram.cumsum(dim=-1)
    slot = torch.searchsorted(sums, needed).clamp(max=size - 1)
    amount = histogram.gather(1, slot)
    return slot, amount, needed - (sums.gather(1, slot) - amount)
