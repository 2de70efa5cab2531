"""A batch: one step as arrays and tensors.

Rows are ordered for attention, not as the scheduler listed them. Chunks of one token come first, longest context first,
so that neighbours need little padding. Then come the longer chunks.

    chunk     0     1     2     3 (5 tokens)
    row       0     1     2     3  4  5  6  7        offsets = [0, 1, 2, 3, 8]

A batch only reads sequences.
"""

from array import array
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.kv_cache import KVCache
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.lora import AdapterRows
from service.models.contracts.step_view import Ints


@dataclass(slots=True, frozen=True)
class Batch:
    """N chunks of T rows together. Tensors are on the device, arrays on the host. Implements ``StepView``."""

    chunks: list[Chunk]
    order: list[int]  # chunks[i] is step.chunks[order[i]]
    num_singles: int  # chunks of one token; they come first
    input_ids: Tensor  # [T] int64
    positions: Tensor  # [T] int64
    slots: Tensor  # [T] int64
    offsets: Ints  # [N + 1]; chunk i is rows offsets[i] to offsets[i + 1]
    starts: Ints  # [N] the position of each chunk's first token
    adapters: Ints | None  # [N] the number of each chunk's adapter, 0 for none; None if no chunk has one
    contexts: Ints  # [N] tokens that each chunk's last token sees, itself included
    block_counts: Ints  # [N] blocks that hold each chunk's context
    block_size: int
    null_block: int
    blocks: Ints  # the block tables of all chunks, one after the other
    block_offsets: Ints  # [N + 1]; where the blocks of each chunk begin in blocks

    @classmethod
    def from_step(cls, step: Step, cache: KVCache, device: torch.device) -> Self:
        """Build the batch of ``step``, which has at least one chunk.

        Raises ValueError if a sequence's block table does not hold its chunk.
        """
        size = cache.block_size
        lengths = np.array([chunk.num_tokens for chunk in step.chunks], dtype=np.int64)
        starts = np.array([chunk.start for chunk in step.chunks], dtype=np.int64)
        # Singles first, by context; then the other chunks, in the scheduler's order.
        ranks = np.where(lengths > 1, 1, -starts).argsort(kind="stable")
        lengths, starts, order = lengths[ranks], starts[ranks], ranks.tolist()
        chunks = [step.chunks[i] for i in order]
        contexts = starts + lengths
        offsets = _running_sums(lengths)
        num_rows = int(offsets[-1])

        block_counts = -(-contexts // size)
        block_offsets = _running_sums(block_counts)
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
            tokens += chunk.proposed
        positions = np.arange(num_rows) + np.repeat(starts - offsets[:-1], lengths)
        slots = blocks[np.repeat(block_offsets[:-1], lengths) + positions // size] * size + positions % size
        adapters = [chunk.sequence.adapter for chunk in chunks]
        return cls(
            chunks=chunks,
            order=order,
            num_singles=num_singles,
            input_ids=torch.tensor(tokens, dtype=torch.int64).to(device),
            positions=torch.from_numpy(positions).to(device),
            slots=torch.from_numpy(slots).to(device),
            offsets=offsets,
            starts=starts,
            adapters=np.array(adapters, dtype=np.int64) if any(adapters) else None,
            contexts=contexts,
            block_counts=block_counts,
            block_size=size,
            null_block=cache.null_block,
            blocks=blocks,
            block_offsets=block_offsets,
        )

    @property
    def num_chunks(self) -> int:
        """N, the chunks of the step."""
        return len(self.starts)

    @property
    def num_rows(self) -> int:
        """T, the tokens of the step."""
        return int(self.offsets[-1])

    @property
    def only_singles(self) -> bool:
        """Whether every chunk is one token."""
        return self.num_singles == self.num_chunks

    def rows_by_adapter(self) -> AdapterRows:
        """The rows of each adapter of the step."""
        if self.adapters is None:
            return ()
        numbers = np.repeat(self.adapters, np.diff(self.offsets))
        return [
            (number, torch.from_numpy(np.flatnonzero(numbers == number)).to(self.input_ids.device))
            for number in np.unique(self.adapters).tolist()
            if number
        ]

    def table(self, begin: int, end: int, first: Ints | int, width: int) -> Ints:
        """[end - begin, width]: the blocks of chunks ``begin`` to ``end``, each from its block number ``first`` on.

        A chunk with fewer blocks has the null block in the remaining columns.
        """
        columns = np.arange(width) + np.reshape(first, (-1, 1))
        exists = columns < self.block_counts[begin:end, None]
        indices = self.block_offsets[begin:end, None] + columns
        return np.where(exists, self.blocks[np.minimum(indices, len(self.blocks) - 1)], self.null_block)

    def sampled_rows(self, chunks: list[int]) -> Tensor:
        """The rows of the last tokens of the chunks with these numbers: int64 on the device.

        They are the row of the sequence's last token, and those of the proposals behind it.
        """
        counts = np.array([1 + len(self.chunks[number].proposed) for number in chunks])
        ends = np.repeat(self.offsets[1:][chunks], counts)
        within = np.arange(len(ends)) - np.repeat(counts.cumsum(), counts)  # -count to -1 for each chunk
        return torch.from_numpy(ends + within).to(self.input_ids.device)


def _running_sums(counts: Ints) -> Ints:
    """[n + 1] running sums of ``counts`` [n], beginning with 0."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
