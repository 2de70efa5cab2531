"""torch's paged FlashAttention (``torch.nn.attention.varlen``): CUDA, 16-bit numbers, layers that it can compute.

Its limits, from FlashAttention 2 as built into torch 2.13 (``mha_varlen_fwd``): compute capability 8.0, pages of a
multiple of 256 tokens, keys and values of the same dimension, a multiple of 8 and at most 256, no soft cap. Layers
outside them go through ``gathered``.

Split-KV is switched off (``num_splits=1``): in this release it writes wrong rows when pages and packed queries meet
(pytorch/pytorch#194167), and without it a row's bits do not depend on its neighbours.
"""

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import LayerCache
from service.models.contracts.layer_spec import LayerSpec

PAGE = 256


def refusal(spec: LayerSpec, *, block_size: int, dtype: torch.dtype, device: torch.device) -> str:
    """Why this kernel cannot compute such a layer; empty if it can."""
    if device.type != "cuda" or torch.version.cuda is None:
        return "it needs an NVIDIA GPU"
    if torch.cuda.get_device_capability(device) < (8, 0):
        return "it needs compute capability 8.0"
    return shape_refusal(spec, block_size=block_size, dtype=dtype)


def shape_refusal(spec: LayerSpec, *, block_size: int, dtype: torch.dtype) -> str:
    """The part of ``refusal`` that does not depend on the device."""
    if dtype not in (torch.float16, torch.bfloat16):
        return "it computes in float16 and bfloat16 only"
    if block_size % PAGE:
        return f"its pages are multiples of {PAGE} tokens"
    if spec.softcap is not None:
        return "it has no soft cap"
    if spec.key_dim != spec.value_dim:
        return "its keys and values have one dimension"
    if spec.key_dim % 8 or spec.key_dim > 256:
        return "its head dimension is a multiple of 8 up to 256"
    return ""


class FlashAttention:
    """Attention of one step over pages where they lie. All lengths and tables are int32 on the device.

    ``offsets`` [N + 1] says which rows belong to which chunk, ``contexts`` [N] how many tokens each chunk sees,
    ``context_offsets`` [N + 1] are their running sums, ``tables`` is [N, W].
    """

    def __init__(
        self,
        *,
        offsets: Tensor,
        contexts: Tensor,
        context_offsets: Tensor,
        tables: Tensor,
        longest_chunk: int,
        longest_context: int,
    ) -> None:
        self._offsets = offsets
        self._contexts = contexts
        self._context_offsets = context_offsets
        self._tables = tables
        self._longest_chunk = longest_chunk
        self._longest_context = longest_context

    @classmethod
    def of(cls, batch: Batch) -> "FlashAttention":
        def to_device(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values.astype(np.int32)).to(batch.input_ids.device)

        count = len(batch.chunks)
        return cls(
            offsets=to_device(batch.offsets),
            contexts=to_device(batch.contexts),
            context_offsets=to_device(np.concatenate(([0], np.cumsum(batch.contexts)))),
            tables=to_device(batch.table(0, count, 0, int(batch.block_counts.max()))),
            longest_chunk=int(np.diff(batch.offsets).max()),
            longest_context=int(batch.contexts.max()),
        )

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        from torch.nn.attention.varlen import varlen_attn  # takes seconds, and a CPU never comes here

        window = layer.spec.window
        out = varlen_attn(
            query,
            layer.key,
            layer.value,
            self._offsets,
            self._context_offsets,
            self._longest_chunk,
            self._longest_context,
            scale=layer.spec.scale,
            window_size=(-1 if window is None else window - 1, 0),
            enable_gqa=layer.spec.heads != layer.spec.kv_heads,
            seqused_k=self._contexts,
            block_table=self._tables,
            num_splits=1,
        )
        assert isinstance(out, Tensor)
        return out
