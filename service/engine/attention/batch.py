"""One step as numbers: which tokens, at which positions, into which slots, seeing which blocks.

Rows are ordered for attention, not as the scheduler listed them: chunks of one token first, longest context first, so
that neighbours are alike and need little padding; then the longer chunks.

    chunk     0     1     2     3 (5 tokens)
    row       0     1     2     3  4  5  6  7        offsets = [0, 1, 2, 3, 8]

Nothing is decided here, and sequences are only read.
"""

from array import array
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.kv_cache import KVCache
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.step_view import Ints


@dataclass(slots=True, frozen=True)
class Batch:
    """The tensors are on the device, the arrays stay on the host. N chunks, T rows."""

    chunks: list[Chunk]
    order: list[int]  # chunks[i] is step.chunks[order[i]]
    num_singles: int  # chunks of one token; they come first
    input_ids: Tensor  # [T] int64
    positions: Tensor  # [T] int64
    slots: Tensor  # [T] int64
    offsets: Ints  # [N + 1]; chunk i is rows offsets[i] to offsets[i + 1]
    starts: Ints  # [N] position of each chunk's first token
    contexts: Ints  # [N] tokens that each chunk's last token sees, itself included
    block_counts: Ints  # [N] blocks that hold those
    block_size: int
    null_block: int
    _blocks: Ints  # all chunks' block tables in a row
    _block_offsets: Ints  # [N + 1]; where each chunk's blocks begin among them

    @classmethod
    def build(cls, step: Step, cache: KVCache, device: torch.device) -> "Batch":
        """Every sequence's block table must hold its chunk already."""
        size = cache.block_size
        lengths = np.array([chunk.num_tokens for chunk in step.chunks], dtype=np.int64)
        starts = np.array([chunk.start for chunk in step.chunks], dtype=np.int64)
        places = np.where(lengths > 1, 1, -starts).argsort(kind="stable")  # see above
        lengths, starts, order = lengths[places], starts[places], places.tolist()
        chunks = [step.chunks[i] for i in order]
        contexts = starts + lengths
        offsets = _cumulate(lengths)
        num_rows = int(offsets[-1])

        block_counts = -(-contexts // size)
        block_offsets = _cumulate(block_counts)
        tables = array("q")
        for chunk, count in zip(chunks, block_counts.tolist(), strict=True):
            tables.extend(chunk.sequence.block_table[:count])
        if len(tables) < block_offsets[-1]:
            raise ValueError("a block table is too short for its chunk")
        blocks = np.frombuffer(tables, dtype=np.int64, count=block_offsets[-1])

        num_singles = int((lengths == 1).sum())
        tokens = [chunk.sequence.tokens[chunk.start] for chunk in chunks[:num_singles]]
        for chunk in chunks[num_singles:]:
            tokens += chunk.sequence.tokens[chunk.start : chunk.start + chunk.num_tokens]
        positions = np.arange(num_rows) + np.repeat(starts - offsets[:-1], lengths)
        slots = blocks[np.repeat(block_offsets[:-1], lengths) + positions // size] * size + positions % size
        return cls(
            chunks=chunks,
            order=order,
            num_singles=num_singles,
            input_ids=torch.tensor(tokens, dtype=torch.int64).to(device),
            positions=torch.from_numpy(positions).to(device),
            slots=torch.from_numpy(slots).to(device),
            offsets=offsets,
            starts=starts,
            contexts=contexts,
            block_counts=block_counts,
            block_size=size,
            null_block=cache.null_block,
            _blocks=blocks,
            _block_offsets=block_offsets,
        )

    @property
    def num_rows(self) -> int:
        return int(self.offsets[-1])

    @property
    def only_singles(self) -> bool:
        return self.num_singles == len(self.chunks)

    def table(self, begin: int, end: int, first: Ints | int, width: int) -> Ints:
        """The blocks of chunks ``begin`` to ``end``, each from its block number ``first`` on: [end - begin, width].

        Where a chunk has no more blocks stands the null block.
        """
        columns = np.arange(width) + np.reshape(first, (-1, 1))
        exists = columns < self.block_counts[begin:end, None]
        places = self._block_offsets[begin:end, None] + columns
        return np.where(exists, self._blocks[np.minimum(places, len(self._blocks) - 1)], self.null_block)

    def last_rows(self, chunks: list[int]) -> Tensor:
        """The row of the last token of each of ``chunks`` (numbers): int64 on the device."""
        return torch.from_numpy(self.offsets[1:][chunks] - 1).to(self.input_ids.device)


def _cumulate(counts: Ints) -> Ints:
    """[n] counts to [n + 1] offsets."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
