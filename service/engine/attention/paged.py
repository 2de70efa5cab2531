"""One step's attention: every layer's new keys and values into their slots, then attention over the pages."""

from typing import Any, Protocol

from torch import Tensor, nn

from service.engine.attention.kv_cache import KVCache, LayerCache


class Backend(Protocol):
    """Attends for all rows of one step. It knows the step's sequences; it is made for one step and then dropped."""

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """``query`` [T, H, Dk], the step's own ``key`` [T, KV, Dk] and ``value`` [T, KV, Dv], already in the cache.

        Returns [T, H, Dv].
        """
        ...


class PagedAttention:
    """What a step passes to the model as ``paged_attention=``."""

    def __init__(self, cache: KVCache, slots: Tensor, *, gathered: Backend, flash: Backend | None = None) -> None:
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
        backend = self._flash if self._flash is not None and layer.flash else self._gathered
        return backend.attend(layer, query, key, value)[None]
