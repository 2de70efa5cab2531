"""The view of a step that a model reads."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

Ints = NDArray[np.int64]


class StepView(Protocol):
    """One step of N chunks and T rows. The tensors are on the model's device, the arrays are on the host."""

    @property
    def num_rows(self) -> int:
        """T, the tokens of the step."""
        ...

    @property
    def input_ids(self) -> Tensor:
        """[T] int64: the tokens."""
        ...

    @property
    def positions(self) -> Tensor:
        """[T] int64: the position of each token in its sequence."""
        ...

    @property
    def slots(self) -> Tensor:
        """[T] int64: the slot of the KV cache that each token's key and value go to."""
        ...

    @property
    def offsets(self) -> Ints:
        """[N + 1]: chunk i is rows ``offsets[i]`` to ``offsets[i + 1]``."""
        ...

    @property
    def contexts(self) -> Ints:
        """[N]: the tokens that each chunk's last token sees, itself included."""
        ...

    @property
    def block_counts(self) -> Ints:
        """[N]: the blocks that hold each chunk's context."""
        ...

    @property
    def adapters(self) -> Ints | None:
        """[N]: the number of each chunk's adapter, 0 for none. None if no chunk has an adapter."""
        ...

    def table(self, begin: int, end: int, first: Ints | int, width: int) -> Ints:
        """[end - begin, width]: the blocks of chunks ``begin`` to ``end``, each from block number ``first`` on.

        A chunk with fewer blocks has the null block in the remaining places.
        """
        ...
