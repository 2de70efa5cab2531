"""The KV cache: the tensors that hold keys and values in blocks.

Each layer has two tensors, ``[num_blocks + 1, block_size, kv_heads, head_dim]``. Layers may differ in heads and
dimensions. Token p of a sequence is in slot ``table[p // block_size] * block_size + p % block_size``. Blocks 0 to
num_blocks - 1 belong to the block pool. The last one, ``null_block``, belongs to no sequence: padding reads and writes
it.

With numbers of int8, which only the native kernels read and write, each key and each value of a head has
``SCALE_BYTES`` more: one float32 scale.

Invariant with torch's attention: every number in the cache is finite, because a masked position still takes part in the
arithmetic (0 * NaN is NaN). The tensors start as zeros, and what a broken sequence has written is cleared. The native
kernels use no masked positions. They have their own layout within a block, so only whole blocks may be cleared there.
The block pool knows which sequence has which block; this module does not.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from service.models.contracts.layer_spec import LayerSpec

SCALE_BYTES = 4  # of the scale of a key or value of int8


class LayerCache:
    """The keys and values of one layer."""

    __slots__ = ("_key_blocks", "_key_rows", "_value_blocks", "_value_rows", "key", "spec", "uses_flash", "value")

    def __init__(self, spec: LayerSpec, key: Tensor, value: Tensor, *, uses_flash: bool) -> None:
        self.spec = spec
        self.key = key  # [blocks, block_size, KV, Dk]
        self.value = value  # [blocks, block_size, KV, Dv]
        self.uses_flash = uses_flash  # whether FlashAttention computes this layer
        self._key_rows, self._key_blocks = key.flatten(0, 1), key.flatten(1)
        self._value_rows, self._value_blocks = value.flatten(0, 1), value.flatten(1)

    def write(self, slots: Tensor, key: Tensor, value: Tensor) -> None:
        """Write ``key`` [T, KV, Dk] and ``value`` [T, KV, Dv] into ``slots`` [T]."""
        self._key_rows.index_copy_(0, slots, key)
        self._value_rows.index_copy_(0, slots, value)

    def gather(self, blocks: Tensor, rows: int) -> tuple[Tensor, Tensor]:
        """The keys and values of ``blocks`` [rows * W], as [rows, W * block_size, KV, D] each."""
        shape = (rows, -1, self.spec.kv_heads)
        return (
            self._key_blocks.index_select(0, blocks).view(*shape, self.spec.key_dim),
            self._value_blocks.index_select(0, blocks).view(*shape, self.spec.value_dim),
        )

    def copy(self, sources: Tensor, targets: Tensor) -> None:
        """Copy all numbers of the blocks ``sources`` [n] to the blocks ``targets`` [n]."""
        for tensor in (self.key, self.value):
            tensor.index_copy_(0, targets, tensor.index_select(0, sources))

    def clear(self, slots: Tensor) -> None:
        """Set ``slots`` [T] to zero."""
        self._key_rows.index_fill_(0, slots, 0)
        self._value_rows.index_fill_(0, slots, 0)


class KVCache:
    """The keys and values of all layers. Implements ``KeyValueStore``."""

    def __init__(
        self,
        specs: Sequence[LayerSpec],
        *,
        num_blocks: int,
        block_size: int,
        dtype: torch.dtype,
        device: torch.device,
        uses_flash: Sequence[bool] = (),
    ) -> None:
        """``uses_flash`` says for each layer whether FlashAttention computes it; empty means for none."""
        self.num_blocks = num_blocks
        self.block_size = block_size
        self.null_block = num_blocks

        def zeros(kv_heads: int, dim: int) -> Tensor:
            shape = (num_blocks + 1, block_size, kv_heads, _row_length(dim, dtype))
            if device.type != "cpu":
                return torch.zeros(shape, dtype=dtype, device=device)
            # numpy asks the system for zeroed pages, which take memory when they are first used. torch would fill them.
            return torch.from_numpy(np.zeros(math.prod(shape) * dtype.itemsize, np.uint8)).view(dtype).view(shape)

        self.layers = [
            LayerCache(spec, zeros(spec.kv_heads, spec.key_dim), zeros(spec.kv_heads, spec.value_dim), uses_flash=flash)
            for spec, flash in zip(specs, uses_flash or [False] * len(specs), strict=True)
        ]

    @property
    def num_bytes(self) -> int:
        """Bytes of all tensors, the null block included."""
        return sum(layer.key.nbytes + layer.value.nbytes for layer in self.layers)

    def copy_blocks(self, copies: Sequence[tuple[int, int]]) -> None:
        """Copy keys and values of all layers from the first block of each pair to the second."""
        if not copies:
            return
        sources, targets = torch.tensor(copies, device=self.layers[0].key.device).unbind(1)
        for layer in self.layers:
            layer.copy(sources, targets)

    def clear(self, slots: Tensor) -> None:
        """Set ``slots`` [T] to zero in every layer."""
        for layer in self.layers:
            layer.clear(slots)


def bytes_per_block(specs: Sequence[LayerSpec], block_size: int, dtype: torch.dtype) -> int:
    """Bytes of one block in all layers together."""
    numbers = sum(
        spec.kv_heads * (_row_length(spec.key_dim, dtype) + _row_length(spec.value_dim, dtype)) for spec in specs
    )
    return numbers * block_size * dtype.itemsize


def _row_length(dim: int, dtype: torch.dtype) -> int:
    """The numbers that a tensor has for the key or value of one token and head."""
    return dim + SCALE_BYTES if dtype == torch.int8 else dim
