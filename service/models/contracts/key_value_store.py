"""The memory for keys and values, as a model that computes its own attention sees it."""

from collections.abc import Sequence
from typing import Protocol

from torch import Tensor

from service.models.contracts.step_view import Ints


class LayerKeyValues(Protocol):
    """The keys and values of one layer."""

    @property
    def key(self) -> Tensor:
        """[blocks, block_size, KV, Dk]"""
        ...

    @property
    def value(self) -> Tensor:
        """[blocks, block_size, KV, Dv]"""
        ...


class KeyValueStore(Protocol):
    """The keys and values of all layers, in order."""

    @property
    def layers(self) -> Sequence[LayerKeyValues]: ...

    def copy_blocks(self, copies: Ints) -> None:
        """Copy keys and values of all layers: ``copies`` [C, 2] are from which block, and to which."""
        ...
