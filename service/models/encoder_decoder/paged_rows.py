"""Attention of a step's rows to keys and values in the blocks of a store, with PyTorch's scaled dot product attention.

Rows are computed in groups: chunks of one token together, in groups of similar context, and each longer chunk alone.
The keys of a group are padded to its longest context, and a mask hides what a row does not see.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from service.models.contracts.key_value_store import LayerKeyValues
from service.models.contracts.slots import slots_of
from service.models.contracts.step_view import Ints

MAX_PADDING = 2.0  # the longest context of a group divided by the mean


@dataclass(slots=True, frozen=True)
class RowGroup:
    """``count`` chunks of ``rows`` rows each, which follow one another from row ``begin`` on."""

    begin: int
    count: int
    rows: int
    slots: Tensor  # [count, L]: where the keys and values are; the slot of another token where there is none
    mask: Tensor  # additive, [count, 1, rows, L]
    distances: Tensor  # [count, rows, L] int64: how far behind its query each key is


class PagedRows:
    """The contexts of the N chunks of a step, and attention over them."""

    def __init__(
        self,
        offsets: Ints,
        lengths: Ints,
        blocks: Ints,
        block_size: int,
        to_device: Callable[[np.ndarray], Tensor],
        *,
        dtype: torch.dtype,
        causal: bool,
    ) -> None:
        """Chunk i is rows ``offsets[i]`` to ``offsets[i + 1]`` and has ``lengths[i]`` tokens in ``blocks``.

        Its last row is its last token if ``causal``, and no row sees a later token. Otherwise all rows see all tokens.
        """
        all_slots = np.split(slots_of(lengths, blocks, block_size), lengths.cumsum()[:-1])
        self._groups = []
        for first, last in _groups(np.diff(offsets), lengths):
            rows = int(offsets[first + 1] - offsets[first])
            length = int(lengths[first:last].max())
            positions = np.arange(length)
            slots = np.zeros((last - first, length), dtype=np.int64)
            for chunk in range(first, last):
                slots[chunk - first] = all_slots[chunk][0]
                slots[chunk - first, : lengths[chunk]] = all_slots[chunk]
            queries = lengths[first:last, None] - rows + np.arange(rows)  # their positions, if they are causal
            distances = positions - queries[:, :, None]
            seen = np.broadcast_to(positions < lengths[first:last, None, None], distances.shape)
            if causal:
                seen = seen & (distances <= 0)
            mask = np.where(seen, 0.0, -np.inf)[:, None]
            self._groups.append(
                RowGroup(
                    begin=int(offsets[first]),
                    count=last - first,
                    rows=rows,
                    slots=to_device(slots),
                    mask=to_device(mask).to(dtype),
                    distances=to_device(distances),
                )
            )

    def attend(self, query: Tensor, layer: LayerKeyValues, scale: float, bias: Tensor | None = None) -> Tensor:
        """Attend from ``query`` [T, H, D] to the keys and values of ``layer``. Returns [T, H, D].

        ``bias`` [H, 2 * max + 1] is added to the scores by distance, as ``relative_bias`` has it.
        """
        keys, values = layer.key.flatten(0, 1), layer.value.flatten(0, 1)
        parts = []
        for group in self._groups:
            rows = query[group.begin : group.begin + group.count * group.rows]
            mask = group.mask
            if bias is not None:
                longest = bias.shape[1] // 2
                columns = group.distances.clamp(-longest, longest) + longest
                mask = mask + bias[:, columns].transpose(0, 1)  # [count, H, rows, L]
            found = F.scaled_dot_product_attention(
                rows.reshape(group.count, group.rows, *rows.shape[1:]).transpose(1, 2),
                keys[group.slots].transpose(1, 2),
                values[group.slots].transpose(1, 2),
                attn_mask=mask,
                scale=scale,
            )
            parts.append(found.transpose(1, 2).reshape(rows.shape))
        return torch.cat(parts)


def _groups(rows: Ints, lengths: Ints) -> Iterator[tuple[int, int]]:
    """Cut chunks into groups (first, last) of one row each and of similar length; longer chunks are alone."""
    first = longest = total = 0
    for chunk, (count, length) in enumerate(zip(rows.tolist(), lengths.tolist(), strict=True)):
        longest, total = max(longest, length), total + length
        too_wide = longest * (chunk + 1 - first) > MAX_PADDING * total
        if chunk > first and (count > 1 or rows[first] > 1 or too_wide):
            yield first, chunk
            first, longest, total = chunk, length, length
    yield first, len(rows)
