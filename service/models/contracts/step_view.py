"""The views of a step and of sources that a model reads which computes attention itself."""

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

    @property
    def source_lengths(self) -> Ints | None:
        """[N]: the positions of each chunk's source. None if the model has no encoder."""
        ...

    @property
    def source_blocks(self) -> Ints | None:
        """The blocks that hold the keys and values of each chunk's source, those of one chunk behind another's."""
        ...


class SourceView(Protocol):
    """M sources of S positions together, which an encoder reads. The arrays are on the host."""

    @property
    def ids(self) -> Ints | None:
        """[S]: the tokens of all sources, one source behind another. None if they are features."""
        ...

    @property
    def features(self) -> NDArray[np.float32] | None:
        """[2 S, channels]: the frames of all sources. None if they are tokens."""
        ...

    @property
    def offsets(self) -> Ints:
        """[M + 1]: source i is positions ``offsets[i]`` to ``offsets[i + 1]``."""
        ...

    @property
    def block_size(self) -> int:
        """Tokens in a block of the KV cache."""
        ...

    @property
    def blocks(self) -> Ints:
        """The blocks for the keys and values of each source, those of one source behind another's."""
        ...
