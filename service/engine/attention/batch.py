"""A batch: one step as arrays on the host.

Rows are ordered for attention, not as the scheduler listed them. Chunks of one token come first, longest context first,
so that neighbours need little padding. Then come the longer chunks.

    chunk     0     1     2     3 (5 tokens)
    row       0     1     2     3  4  5  6  7        offsets = [0, 1, 2, 3, 8]

A batch only reads sequences. What the native kernels do not read is computed when it is asked for.
"""

from array import array
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.kv_cache import KVCache
from service.engine.scheduling.step import Chunk, Step
from service.models.contracts.lora import AdapterRows
from service.models.contracts.slots import slots_of
from service.models.contracts.step_view import Ints


@dataclass(frozen=True)  # without slots, which would leave no place for cached properties
class Batch:
    """N chunks of T rows together. Implements ``StepView``."""

    chunks: list[Chunk]
    order: list[int]  # chunks[i] is step.chunks[order[i]]
    num_singles: int  # chunks of one token; they come first
    input_ids: Ints  # [T]
    offsets: Ints  # [N + 1]; chunk i is rows offsets[i] to offsets[i + 1]
    contexts: Ints  # [N] tokens that each chunk's last token sees, itself included
    blocks: Ints  # the blocks that hold each chunk's context, those of one chunk behind another's
    adapters: Ints | None  # [N] the number of each chunk's adapter, 0 for none; None if no chunk has one
    block_size: int
    null_block: int
    device: torch.device  # where the model's tensors are
    source_lengths: Ints | None = None  # [N] positions of each chunk's source; None if the model has no encoder
    source_blocks: Ints | None = None  # the blocks that hold their keys and values, those of one chunk behind another's

    @classmethod
    def from_step(cls, step: Step, cache: KVCache, device: torch.device) -> Self:
        """Build the batch of ``step``, which has at least one chunk.

        Raises ValueError if a sequence's block table does not hold its chunk.
        """
        size = cache.block_size
        # Singles first, by context; then the other chunks, in the scheduler's order.
        ranks = [-chunk.start if chunk.num_tokens == 1 else 1 for chunk in step.chunks]
        order = sorted(range(len(ranks)), key=ranks.__getitem__)
        chunks = [step.chunks[i] for i in order]
        tokens: list[int] = []
        blocks = array("q")
        contexts, offsets, num_blocks = [], [0], 0
        for chunk in chunks:
            sequence, context = chunk.sequence, chunk.start + chunk.num_tokens
            count = -(-context // size)
            tokens += sequence.tokens[chunk.start : context]
            tokens += chunk.proposed
            blocks.extend(sequence.block_table[:count])
            contexts.append(context)
            offsets.append(len(tokens))
            num_blocks += count
        if len(blocks) < num_blocks:
            raise ValueError("a block table is too short for its chunk")
        adapters = [chunk.sequence.adapter for chunk in chunks]
        source_lengths, source_blocks = _sources(chunks)
        return cls(
            chunks=chunks,
            order=order,
            num_singles=sum([rank <= 0 for rank in ranks]),
            input_ids=np.array(tokens, dtype=np.int64),
            offsets=np.array(offsets, dtype=np.int64),
            contexts=np.array(contexts, dtype=np.int64),
            blocks=np.frombuffer(blocks, dtype=np.int64),
            adapters=np.array(adapters, dtype=np.int64) if any(adapters) else None,
            block_size=size,
            null_block=cache.null_block,
            device=device,
            source_lengths=source_lengths,
            source_blocks=source_blocks,
        )

    @property
    def num_chunks(self) -> int:
        """N, the chunks of the step."""
        return len(self.contexts)

    @property
    def num_rows(self) -> int:
        """T, the tokens of the step."""
        return len(self.input_ids)

    @property
    def only_singles(self) -> bool:
        """Whether every chunk is one token."""
        return self.num_singles == self.num_chunks

    @cached_property
    def starts(self) -> Ints:
        """[N]: the position of each chunk's first token."""
        return self.contexts - np.diff(self.offsets)

    @cached_property
    def positions(self) -> Ints:
        """[T]: the position of each token in its sequence."""
        return np.arange(self.num_rows) + np.repeat(self.starts - self.offsets[:-1], np.diff(self.offsets))

    @cached_property
    def slots(self) -> Ints:
        """[T]: the slot of the KV cache that each token's key and value go to."""
        block, within = np.divmod(self.positions, self.block_size)
        return (
            self.blocks[np.repeat(self._block_offsets[:-1], np.diff(self.offsets)) + block] * self.block_size + within
        )

    def written_slots(self, number: int) -> Ints:
        """The slots that chunk ``number`` writes: those of its tokens, and those of its source if it is encoded."""
        slots = self.slots[self.offsets[number] : self.offsets[number + 1]]
        chunk = self.chunks[number]
        if not chunk.num_source:
            return slots
        table = np.array(chunk.sequence.source_table, dtype=np.int64)
        return np.concatenate((slots, slots_of(np.array([chunk.num_source]), table, self.block_size)))

    @cached_property
    def block_counts(self) -> Ints:
        """[N]: the blocks that hold each chunk's context."""
        return -(-self.contexts // self.block_size)

    @cached_property
    def _block_offsets(self) -> Ints:
        """[N + 1]: where the blocks of each chunk begin in ``blocks``."""
        return np.concatenate(([0], self.block_counts.cumsum()))

    def to_device(self, values: Ints) -> Tensor:
        """``values`` as a tensor on the device."""
        return torch.from_numpy(values).to(self.device)

    def rows_by_adapter(self) -> AdapterRows:
        """The rows of each adapter of the step."""
        if self.adapters is None:
            return ()
        numbers = np.repeat(self.adapters, np.diff(self.offsets))
        return [
            (number, self.to_device(np.flatnonzero(numbers == number)))
            for number in np.unique(self.adapters).tolist()
            if number
        ]

    def table(self, begin: int, end: int, first: Ints | int, width: int) -> Ints:
        """[end - begin, width]: the blocks of chunks ``begin`` to ``end``, each from its block number ``first`` on.

        A chunk with fewer blocks has the null block in the remaining columns.
        """
        columns = np.arange(width) + np.reshape(first, (-1, 1))
        exists = columns < self.block_counts[begin:end, None]
        indices = self._block_offsets[begin:end, None] + columns
        return np.where(exists, self.blocks[np.minimum(indices, len(self.blocks) - 1)], self.null_block)

    def sampled_rows(self, chunks: list[int]) -> Tensor:
        """The rows of the last tokens of the chunks with these numbers: int64, on the device.

        They are the row of the sequence's last token, and those of the proposals behind it.
        """
        counts = np.array([1 + len(self.chunks[number].proposed) for number in chunks])
        ends = np.repeat(self.offsets[1:][chunks], counts)
        within = np.arange(len(ends)) - np.repeat(counts.cumsum(), counts)  # -count to -1 for each chunk
        return self.to_device(ends + within)


def _sources(chunks: list[Chunk]) -> tuple[Ints | None, Ints | None]:
    """The positions of each chunk's source, and the blocks that hold them; None and None without sources."""
    if not chunks[0].sequence.source_table:
        return None, None
    blocks = array("q")
    for chunk in chunks:
        blocks.extend(chunk.sequence.source_table)
    lengths = np.array([chunk.sequence.num_source for chunk in chunks], dtype=np.int64)
    return lengths, np.frombuffer(blocks, dtype=np.int64)
