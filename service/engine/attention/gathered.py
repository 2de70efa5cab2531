"""Gather the pages, then PyTorch's scaled dot product attention: any device, any layer. The reference.

Rows of one token are batched: sorted by length by the batch, grouped so that padding at most doubles a group, gathered
with one ``index_select`` and attended to with one call in which the query heads of a KV head stand as its query rows.
Each longer chunk gathers its own blocks; one without history needs none, its keys are all in the step.

A window bounds what is gathered. What depends on a window only is prepared once and shared by all such layers.
Soft caps, and values of another dimension than the keys, take a path of plain matrix products in bounded memory.
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

_MAX_PADDING = 2.0  # longest context of a group against its mean
_MAX_SCORES = 1 << 24  # scores held at once by the explicit path


@dataclass(slots=True, frozen=True)
class _Singles:
    """Rows ``begin`` to ``end``, one token each, that are attended to together."""

    begin: int
    end: int
    blocks: Tensor  # [rows * W]
    length: int  # keys that are looked at, of the W * block_size gathered
    mask: Tensor | None  # additive, [rows, 1, 1, length]; None where all are seen


@dataclass(slots=True, frozen=True)
class _Run:
    """Rows ``begin`` to ``end``: several tokens of one sequence."""

    begin: int
    end: int
    blocks: Tensor | None  # [W]; None: it has no history
    length: int
    mask: Tensor | None  # additive, [rows, length]; None: plain causal


@dataclass(slots=True, frozen=True)
class _Plan:
    singles: list[_Singles]
    runs: list[_Run]


class GatheredAttention:
    """Attention of one step over gathered pages."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._groups = list(_group(batch.contexts[: batch.num_singles]))
        self._longest = int(batch.contexts.max())
        self._plans: dict[int | None, _Plan] = {}

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        spec = layer.spec
        plan = self._plan(spec.window, query.dtype)
        parts = []  # in the order of rows
        for group in plan.singles:
            rows = group.end - group.begin
            keys, values = layer.gather(group.blocks, rows)
            queries = query[group.begin : group.end].reshape(rows, spec.kv_heads, -1, spec.key_dim)
            seen = _attend(spec, queries, keys[:, : group.length], values[:, : group.length], group.mask)
            parts.append(seen.reshape(rows, spec.heads, spec.value_dim))
        for run in plan.runs:
            queries = query[None, run.begin : run.end].transpose(1, 2)
            if run.blocks is None:
                keys, values = key[None, run.begin : run.end], value[None, run.begin : run.end]
            else:
                keys, values = layer.gather(run.blocks, 1)
            seen = _attend(spec, queries, keys[:, : run.length], values[:, : run.length], run.mask, causal=True)
            parts.append(seen[0].transpose(0, 1))
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _plan(self, window: int | None, dtype: torch.dtype) -> _Plan:
        if window is not None and window >= self._longest:
            window = None  # it hides nothing
        if window not in self._plans:
            self._plans[window] = _Plan(
                singles=[self._plan_singles(begin, end, window, dtype) for begin, end in self._groups],
                runs=[
                    self._plan_run(number, window, dtype)
                    for number in range(self._batch.num_singles, len(self._batch.chunks))
                ],
            )
        return self._plans[window]

    def _plan_singles(self, begin: int, end: int, window: int | None, dtype: torch.dtype) -> _Singles:
        batch, size = self._batch, self._batch.block_size
        contexts = batch.contexts[begin:end]
        first = np.zeros_like(contexts) if window is None else np.maximum(contexts - window, 0) // size
        width = int((batch.block_counts[begin:end] - first).max())
        length = int((contexts - first * size).max())
        positions = np.arange(length) + first[:, None] * size
        seen = positions < contexts[:, None]
        if window is not None:
            seen &= positions >= (contexts - window)[:, None]
        return _Singles(
            begin=begin,
            end=end,
            blocks=self._to_device(batch.table(begin, end, first, width).reshape(-1)),
            length=length,
            mask=None if seen.all() else self._mask(seen, dtype)[:, None, None],
        )

    def _plan_run(self, number: int, window: int | None, dtype: torch.dtype) -> _Run:
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
        return _Run(begin=begin, end=end, blocks=blocks, length=context - first * size, mask=mask)

    def _to_device(self, values: Ints) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._batch.input_ids.device)

    def _mask(self, seen: np.ndarray, dtype: torch.dtype) -> Tensor:
        """Additive: -inf where ``seen`` is false. SDPA would turn a boolean mask into one in every layer."""
        mask = torch.zeros(seen.shape, dtype=dtype)
        return mask.masked_fill_(torch.from_numpy(~seen), -torch.inf).to(self._batch.input_ids.device)


def _group(contexts: Ints) -> Iterator[tuple[int, int]]:
    """Cut ``contexts``, longest first, into groups whose padding is bounded. A window only makes it less.

    (The part of a context that a window leaves is a concave function of it.)
    """
    begin = total = 0
    for end, context in enumerate(contexts.tolist()):
        total += context
        if contexts[begin] * (end + 1 - begin) > _MAX_PADDING * total:
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
        return _attend_explicitly(spec, query, key, value, mask, causal=causal)
    return F.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=mask,
        is_causal=causal and mask is None,
        scale=spec.scale,
        enable_gqa=query.shape[1] != spec.kv_heads,
    )


def _attend_explicitly(
    spec: LayerSpec, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, causal: bool
) -> Tensor:
    batch, heads, rows, _ = query.shape
    length = key.shape[2]
    if causal and mask is None:
        mask = torch.full((rows, length), -torch.inf, dtype=query.dtype, device=query.device).triu_(1)
    grouped = query.reshape(batch, spec.kv_heads, -1, rows, spec.key_dim)  # [B, KV, G, Q, Dk]
    key, value = key[:, :, None], value[:, :, None]
    parts = []
    slice_rows = max(1, _MAX_SCORES // (batch * heads * length))
    for begin in range(0, rows, slice_rows):
        scores = (grouped[..., begin : begin + slice_rows, :] @ key.transpose(-1, -2)).float() * spec.scale
        if spec.softcap is not None:
            scores = torch.tanh(scores / spec.softcap) * spec.softcap
        if mask is not None:  # of singles it has one row for all
            shared = mask if mask.shape[-2] == 1 else mask[begin : begin + slice_rows]
            scores += shared if shared.dim() == 2 else shared[:, None]
        parts.append(torch.softmax(scores, dim=-1).to(value.dtype) @ value)
    return torch.cat(parts, dim=-2).flatten(1, 2)
