"""Attention over gathered blocks, with PyTorch's scaled dot product attention: any device, any layer. The reference.

Chunks of one token (singles) are computed in groups. The batch sorts them by length, so groups can be chosen such that
padding at most doubles a group. A group is gathered with one ``index_select`` and computed with one call, in which the
query heads of a KV head are its query rows. Each longer chunk gathers its own blocks. A chunk without history gathers
none, because all its keys are in the step.

A window limits the gathered blocks. A plan depends only on the window, and is shared by all layers that have it. Layers
with a soft cap, or with values of another dimension than the keys, are computed by plain matrix products in bounded
memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import LayerCache
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.step_view import Ints

MAX_PADDING = 2.0  # the longest context of a group divided by the mean
MAX_SCORES = 1 << 24  # scores that the plain matrix products hold at once


@dataclass(slots=True, frozen=True)
class _SinglesPlan:
    """Rows ``begin`` to ``end``: chunks of one token that are computed together."""

    begin: int
    end: int
    blocks: Tensor  # [rows * W]
    length: int  # the keys that are used, of the W * block_size gathered
    mask: Tensor | None  # additive, [rows, 1, 1, length]; None if every row sees all keys


@dataclass(slots=True, frozen=True)
class _ChunkPlan:
    """Rows ``begin`` to ``end``: one chunk of several tokens."""

    begin: int
    end: int
    blocks: Tensor | None  # [W]; None if the chunk has no history
    length: int
    mask: Tensor | None  # additive, [rows, length]; None for a plain causal mask


@dataclass(slots=True, frozen=True)
class _WindowPlan:
    """The blocks and masks of all layers with one window, in the order of rows."""

    singles: list[_SinglesPlan]
    chunks: list[_ChunkPlan]


class GatheredAttention:
    """Attention of one step over gathered blocks."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._groups = list(group_contexts(batch.contexts[: batch.num_singles]))
        self._longest = int(batch.contexts.max())
        self._plans: dict[int | None, _WindowPlan] = {}

    @property
    def planned_windows(self) -> set[int | None]:
        """The windows that have a plan in this step. A window that hides nothing counts as None."""
        return set(self._plans)

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """As ``AttentionBackend.attend``."""
        spec = layer.spec
        plan = self._plan(spec.window, query.dtype)
        parts = []  # in the order of rows
        for group in plan.singles:
            rows = group.end - group.begin
            keys, values = layer.gather(group.blocks, rows)
            queries = query[group.begin : group.end].reshape(rows, spec.kv_heads, -1, spec.key_dim)
            out = _attend(spec, queries, keys[:, : group.length], values[:, : group.length], group.mask)
            parts.append(out.reshape(rows, spec.heads, spec.value_dim))
        for chunk in plan.chunks:
            queries = query[None, chunk.begin : chunk.end].transpose(1, 2)
            if chunk.blocks is None:
                keys, values = key[None, chunk.begin : chunk.end], value[None, chunk.begin : chunk.end]
            else:
                keys, values = layer.gather(chunk.blocks, 1)
            out = _attend(spec, queries, keys[:, : chunk.length], values[:, : chunk.length], chunk.mask, causal=True)
            parts.append(out[0].transpose(0, 1))
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _plan(self, window: int | None, dtype: torch.dtype) -> _WindowPlan:
        if window is not None and window >= self._longest:
            window = None  # it hides nothing
        if window not in self._plans:
            self._plans[window] = _WindowPlan(
                singles=[self._plan_singles(begin, end, window, dtype) for begin, end in self._groups],
                chunks=[
                    self._plan_chunk(number, window, dtype)
                    for number in range(self._batch.num_singles, self._batch.num_chunks)
                ],
            )
        return self._plans[window]

    def _plan_singles(self, begin: int, end: int, window: int | None, dtype: torch.dtype) -> _SinglesPlan:
        batch, size = self._batch, self._batch.block_size
        contexts = batch.contexts[begin:end]
        first = np.zeros_like(contexts) if window is None else np.maximum(contexts - window, 0) // size
        width = int((batch.block_counts[begin:end] - first).max())
        length = int((contexts - first * size).max())
        positions = np.arange(length) + first[:, None] * size
        seen = positions < contexts[:, None]
        if window is not None:
            seen &= positions >= (contexts - window)[:, None]
        return _SinglesPlan(
            begin=begin,
            end=end,
            blocks=self._to_device(batch.table(begin, end, first, width).reshape(-1)),
            length=length,
            mask=None if seen.all() else self._mask(seen, dtype)[:, None, None],
        )

    def _plan_chunk(self, number: int, window: int | None, dtype: torch.dtype) -> _ChunkPlan:
        batch, size = self._batch, self._batch.block_size
        begin, end = int(batch.offsets[number]), int(batch.offsets[number + 1])
        start, context = int(batch.starts[number]), int(batch.contexts[number])
        first = 0 if window is None else max(0, start - window + 1) // size
        blocks = None
        if start > 0:
            width = int(batch.block_counts[number]) - first
            blocks = self._to_device(batch.table(number, number + 1, first, width)[0])
        mask = None
        if start > 0 or (window is not None and window < context):
            keys, queries = np.arange(first * size, context), np.arange(start, context)[:, None]
            seen = keys <= queries
            if window is not None:
                seen &= keys > queries - window
            mask = self._mask(seen, dtype)
        return _ChunkPlan(begin=begin, end=end, blocks=blocks, length=context - first * size, mask=mask)

    def _to_device(self, values: Ints) -> Tensor:
        return self._batch.to_device(np.ascontiguousarray(values))

    def _mask(self, seen: np.ndarray, dtype: torch.dtype) -> Tensor:
        """An additive mask: -inf where ``seen`` is false. SDPA would convert a boolean mask again in every layer."""
        mask = torch.zeros(seen.shape, dtype=dtype)
        return mask.masked_fill_(torch.from_numpy(~seen), -torch.inf).to(self._batch.device)


def group_contexts(contexts: Ints) -> Iterator[tuple[int, int]]:
    """Cut ``contexts``, longest first, into groups (begin, end) whose padding is at most ``MAX_PADDING``.

    A window only reduces the padding, because the part of a context that a window leaves is a concave function of it.
    """
    begin = total = 0
    for end, context in enumerate(contexts.tolist()):
        total += context
        if contexts[begin] * (end + 1 - begin) > MAX_PADDING * total:
            yield begin, end
            begin, total = end, context
    if len(contexts):
        yield begin, len(contexts)


def _attend(
    spec: LayerSpec, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool = False
) -> Tensor:
    """``query`` [B, Hq, Q, Dk], ``key`` [B, L, KV, Dk], ``value`` [B, L, KV, Dv] to [B, Hq, Q, Dv].

    ``causal`` without a ``mask`` means that queries and keys are the same tokens.
    """
    key, value = key.transpose(1, 2), value.transpose(1, 2)
    if spec.softcap is not None or spec.key_dim != spec.value_dim:
        return _attend_with_products(spec, query, key, value, mask, causal=causal)
    return F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        is_causal=causal and mask is None,
        scale=spec.scale,
        enable_gqa=query.shape[1] != spec.kv_heads,
    )


def _attend_with_products(
    spec: LayerSpec, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool
) -> Tensor:
    """As ``_attend``, with ``key`` and ``value`` as [B, KV, L, D], in slices of at most ``MAX_SCORES`` scores."""
    batch, heads, rows, _ = query.shape
    length = key.shape[2]
    if causal and mask is None:
        mask = torch.full((rows, length), -torch.inf, dtype=query.dtype, device=query.device).triu_(1)
    grouped = query.reshape(batch, spec.kv_heads, -1, rows, spec.key_dim)  # [B, KV, G, Q, Dk]
    key, value = key[:, :, None], value[:, :, None]
    parts = []
    slice_rows = max(1, MAX_SCORES // (batch * heads * length))
    for begin in range(0, rows, slice_rows):
        scores = (grouped[..., begin : begin + slice_rows, :] @ key.transpose(-1, -2)).float() * spec.scale
        if spec.softcap is not None:
            scores = torch.tanh(scores / spec.softcap) * spec.softcap
        if mask is not None:  # the mask of singles has one row for all their heads
            shared = mask if mask.shape[-2] == 1 else mask[begin : begin + slice_rows]
            scores += shared if shared.dim() == 2 else shared[:, None]
        parts.append(torch.softmax(scores, dim=-1).to(value.dtype) @ value)
    return torch.cat(parts, dim=-2).flatten(1, 2)
