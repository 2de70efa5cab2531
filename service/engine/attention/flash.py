"""torch's paged FlashAttention (``torch.nn.attention.varlen``): CUDA, 16-bit numbers, and layers that it can compute.

Its limits are those of FlashAttention 2 as built into torch 2.13 (``mha_varlen_fwd``): compute capability 8.0, blocks
of a multiple of 256 tokens, keys and values of the same dimension, a multiple of 8 and at most 256, no soft cap. Other
layers go through ``gathered``.

Split-KV is switched off (``num_splits=1``): in this release it writes wrong rows when blocks and packed queries are
combined (pytorch/pytorch#194167). Without it, a row's bits do not depend on its neighbours.
"""

from typing import Self

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.kv_cache import LayerCache
from service.models.contracts.layer_spec import LayerSpec

BLOCK_MULTIPLE = 256  # tokens; a block is a multiple of it


def unsupported_reason(spec: LayerSpec, *, block_size: int, dtype: torch.dtype, device: torch.device) -> str:
    """Why FlashAttention cannot compute such a layer; empty if it can."""
    if device.type != "cuda" or torch.version.cuda is None:
        return "it needs an NVIDIA GPU"
    if torch.cuda.get_device_capability(device) < (8, 0):
        return "it needs compute capability 8.0"
    return unsupported_shape_reason(spec, block_size=block_size, dtype=dtype)


def unsupported_shape_reason(spec: LayerSpec, *, block_size: int, dtype: torch.dtype) -> str:
    """The part of ``unsupported_reason`` that does not depend on the device."""
    if dtype not in (torch.float16, torch.bfloat16):
        return "it computes in float16 and bfloat16 only"
    if block_size % BLOCK_MULTIPLE:
        return f"its blocks are multiples of {BLOCK_MULTIPLE} tokens"
    if spec.softcap is not None:
        return "it has no soft cap"
    if spec.key_dim != spec.value_dim:
        return "its keys and values have one dimension"
    if spec.key_dim % 8 or spec.key_dim > 256:
        return "its head dimension is a multiple of 8 up to 256"
    return ""


class FlashAttention:
    """Attention of one step, of N chunks, that reads blocks in place. All tensors are int32 on the device."""

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
        """``offsets`` [N + 1] are the rows of the chunks: chunk i is rows offsets[i] to offsets[i + 1].

        ``contexts`` [N] are the tokens that each chunk's last row sees, ``context_offsets`` [N + 1] their running sums,
        and ``tables`` [N, W] the block tables.
        """
        self._offsets = offsets
        self._contexts = contexts
        self._context_offsets = context_offsets
        self._tables = tables
        self._longest_chunk = longest_chunk
        self._longest_context = longest_context

    @classmethod
    def from_batch(cls, batch: Batch) -> Self:
        """The attention of ``batch``."""

        def to_device(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values.astype(np.int32)).to(batch.device)

        count = batch.num_chunks
        return cls(
            offsets=to_device(batch.offsets),
            contexts=to_device(batch.contexts),
            context_offsets=to_device(np.concatenate(([0], np.cumsum(batch.contexts)))),
            tables=to_device(batch.table(0, count, 0, int(batch.block_counts.max()))),
            longest_chunk=int(np.diff(batch.offsets).max()),
            longest_context=int(batch.contexts.max()),
        )

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """As ``AttentionBackend.attend``."""
        from torch.nn.attention.varlen import varlen_attn  # importing it takes seconds, and a CPU never needs it

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
