"""The bias of T5's scores, by the distance of a key from its query."""

import math

import torch
from torch import Tensor

from service.models.contracts.encoder_decoder_layout import RelativeBias


def bias_by_distance(bias: RelativeBias, table: Tensor, *, both_ways: bool) -> Tensor:
    """The bias of each head at each distance: [heads, 2 * max_distance + 1], of the type of ``table``.

    ``table`` is [buckets, heads]. Column ``max_distance + d`` belongs to a key d tokens behind its query; the first and
    the last column also belong to all longer distances. Where a query does not see the keys behind it, because not
    ``both_ways`` are seen, their columns have no meaning.
    """
    distances = torch.arange(-bias.max_distance, bias.max_distance + 1, device=table.device)
    return table[_buckets(distances, bias.buckets, bias.max_distance, both_ways=both_ways)].T.contiguous()


def _buckets(distances: Tensor, count: int, longest: int, *, both_ways: bool) -> Tensor:
    """The bucket of each distance: short ones have a bucket each, and longer ones share them on a logarithmic scale."""
    first = torch.zeros_like(distances)
    if both_ways:
        count //= 2
        first = torch.where(distances > 0, count, 0)
        sizes = distances.abs()
    else:
        sizes = (-distances).clamp(min=0)
    exact = count // 2
    growth = torch.log(sizes.float().clamp(min=1) / exact) / math.log(longest / exact) * (count - exact)
    shared = (exact + growth.long()).clamp(max=count - 1)
    return first + torch.where(sizes < exact, sizes, shared)
