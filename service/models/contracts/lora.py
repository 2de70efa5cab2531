"""A LoRA adapter, as models take it (Hu et al., arXiv:2106.09685).

An adapter changes linear layers of a model by low-rank updates: y += scaling * (x A^T) B^T.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

AdapterRows = Sequence[tuple[int, Tensor]]  # the number of each adapter of a step, and its rows: int64, on the device


@dataclass(slots=True, frozen=True)
class LinearShape:
    """The shape of a linear layer that an adapter may change."""

    outputs: int
    inputs: int


@dataclass(slots=True, frozen=True)
class LowRankUpdate:
    """The part of an adapter that changes one linear layer."""

    a: Tensor  # [rank, inputs]
    b: Tensor  # [outputs, rank]
    scaling: float

    @property
    def rank(self) -> int:
        return self.a.shape[0]


@dataclass(slots=True, frozen=True)
class LoraAdapter:
    """The updates of an adapter, by the names that the linear layers have in transformers' model."""

    updates: Mapping[str, LowRankUpdate]

    @property
    def rank(self) -> int:
        """The largest rank."""
        return max(update.rank for update in self.updates.values())
