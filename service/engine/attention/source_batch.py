"""The sources that one step encodes, as arrays on the host."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from service.engine.protocol.source import Features
from service.engine.scheduling.step import Chunk
from service.models.contracts.step_view import Ints


@dataclass(slots=True, frozen=True)
class SourceBatch:
    """M sources of S positions together. Implements ``SourceView``."""

    ids: Ints | None  # [S]
    features: NDArray[np.float32] | None  # [2 S, channels]
    offsets: Ints  # [M + 1]
    blocks: Ints  # the blocks of each source, those of one source behind another's
    block_size: int

    @classmethod
    def from_chunks(cls, chunks: Sequence[Chunk], block_size: int) -> Self | None:
        """The sources that are encoded before ``chunks``; None if there are none."""
        encoded = [chunk.sequence for chunk in chunks if chunk.num_source]
        if not encoded:
            return None
        tokens: list[int] = []
        features: list[NDArray[np.float32]] = []
        blocks = array("q")
        for sequence in encoded:
            source = sequence.request.source
            if isinstance(source, Features):
                features.append(np.frombuffer(source.data, dtype=np.float32).reshape(-1, source.channels))
            else:
                tokens += source
            blocks.extend(sequence.source_table)
        return cls(
            ids=None if features else np.array(tokens, dtype=np.int64),
            features=np.concatenate(features) if features else None,
            offsets=np.cumsum([0, *(sequence.num_source for sequence in encoded)]),
            blocks=np.frombuffer(blocks, dtype=np.int64),
            block_size=block_size,
        )
