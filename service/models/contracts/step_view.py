"""The view of a step that a native model reads."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


class StepView(Protocol):
    """One step of N chunks and T rows. The arrays are on the host, one element behind another."""

    @property
    def num_rows(self) -> int:
        """T, the tokens of the step."""
        ...

    @property
    def input_ids(self) -> Ints:
        """[T]: the tokens."""
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
    def block_size(self) -> int:
        """Tokens in a block of the KV cache."""
        ...

    @property
    def blocks(self) -> Ints:
        """The blocks that hold each chunk's context, those of one chunk behind another's."""
        ...

    @property
    def adapters(self) -> Ints | None:
        """[N]: the number of each chunk's adapter, 0 for none. None if no chunk has an adapter."""
        ...
