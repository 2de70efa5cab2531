"""The attention of one step: each layer writes its keys and values into their slots, then attends to the cache."""

from typing import Any, Protocol

from torch import Tensor, nn

from service.engine.attention.kv_cache import KVCache, LayerCache


class AttentionBackend(Protocol):
    """Computes the attention of all rows of one step. It is made for one step, whose sequences it knows."""

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """Attend from ``query`` [T, H, Dk]. Returns [T, H, Dv].

        The step's own ``key`` [T, KV, Dk] and ``value`` [T, KV, Dv] are already in the cache.
        """
        ...


class PagedAttention:
    """The object that a step passes to the model as ``paged_attention=``. Implements ``Attention``."""

    def __init__(
        self, cache: KVCache, slots: Tensor, *, gathered: AttentionBackend, flash: AttentionBackend | None = None
    ) -> None:
        """``slots`` [T] are the slots of the step's rows. ``flash`` computes the layers that use it."""
        self._layers = cache.layers
        self._slots = slots
        self._gathered = gathered
        self._flash = flash

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        layer = self._layers[module.layer_idx]  # type: ignore[index]
        query, key, value = query[0].transpose(0, 1), key[0].transpose(0, 1), value[0].transpose(0, 1)
        layer.write(self._slots, key, value)
        backend = self._flash if self._flash is not None and layer.uses_flash else self._gathered
        return backend.attend(layer, query, key, value)[None]
