"""CUDA graphs: steps in which every sequence has one token are replayed, instead of launched kernel by kernel.

A graph has fixed addresses and a fixed number of rows. So there is one set of input buffers, filled before each replay,
and one graph for each padded number of rows, captured when it is first needed. Rows beyond the batch compute token 0
at position 0 in the null block, and their results are not used. Logits are computed outside the graph.
"""

import logging
from bisect import bisect_left

import numpy as np
import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.flash import FlashAttention
from service.engine.attention.kv_cache import KVCache
from service.engine.attention.paged import PagedAttention
from service.engine.scheduling.block_pool import num_blocks_for
from service.errors import first_line
from service.models.contracts.language_model import TorchModel
from service.models.contracts.step_view import Ints

logger = logging.getLogger(__name__)


def padded_sizes(longest: int) -> list[int]:
    """The numbers of rows that graphs are captured for: 1, 2, 4, then multiples of 8, then of 32, up to ``longest``."""
    sizes = [1, 2, 4, *range(8, 65, 8), *range(96, longest + 1, 32)]
    return sorted({*(size for size in sizes if size < longest), longest})


class DecodeBuffers:
    """The inputs of a step of up to ``rows`` sequences with one token each. Their addresses never change."""

    def __init__(self, rows: int, max_model_len: int, cache: KVCache, device: torch.device) -> None:
        width = num_blocks_for(max_model_len, cache.block_size)
        self._longest_context = max_model_len
        self._null_slot = cache.null_block * cache.block_size
        self.input_ids = torch.zeros(rows, dtype=torch.int64, device=device)
        self.positions = torch.zeros(rows, dtype=torch.int64, device=device)
        self.slots = torch.full((rows,), self._null_slot, dtype=torch.int64, device=device)
        self.contexts = torch.ones(rows, dtype=torch.int32, device=device)
        self.context_offsets = torch.arange(rows + 1, dtype=torch.int32, device=device)
        self.offsets = torch.arange(rows + 1, dtype=torch.int32, device=device)
        self.tables = torch.full((rows, width), cache.null_block, dtype=torch.int32, device=device)

    def fill(self, batch: Batch, rows: int) -> None:
        """Copy ``batch``, which has only chunks of one token, into the first of ``rows`` rows, and pad the others."""
        count = batch.num_rows
        _copy(self.input_ids, batch.input_ids, rows, 0)
        _copy(self.positions, batch.positions, rows, 0)
        _copy(self.slots, batch.slots, rows, self._null_slot)
        contexts = np.concatenate((batch.contexts, np.ones(rows - count, dtype=np.int64)))
        self.contexts[:rows].copy_(torch.from_numpy(contexts))
        self.context_offsets[1 : rows + 1].copy_(torch.from_numpy(contexts.cumsum()))
        width = int(batch.block_counts.max())
        self.tables[:count, :width].copy_(torch.from_numpy(batch.table(0, count, 0, width)))
        self.tables[count:rows, :1].fill_(batch.null_block)

    def attention(self, rows: int) -> FlashAttention:
        """The attention of the first ``rows`` rows. It holds only addresses, so one object serves all replays."""
        return FlashAttention(
            offsets=self.offsets[: rows + 1],
            contexts=self.contexts[:rows],
            context_offsets=self.context_offsets[: rows + 1],
            tables=self.tables[:rows],
            longest_chunk=1,
            longest_context=self._longest_context,
        )


class NotCapturable(Exception):
    """The model does something that a graph cannot hold, such as waiting for a result on the host."""


class DecodeGraphs:
    """Computes batches of single tokens as CUDA graphs. FlashAttention must compute every layer."""

    def __init__(self, model: TorchModel, cache: KVCache, *, max_num_seqs: int, max_model_len: int) -> None:
        self._model = model
        self._cache = cache
        self._sizes = padded_sizes(max_num_seqs)
        self._buffers = DecodeBuffers(max_num_seqs, max_model_len, cache, model.device)
        self._graphs: dict[int, tuple[torch.cuda.CUDAGraph, Tensor]] = {}
        self._pool = torch.cuda.graph_pool_handle()

    def hidden(self, batch: Batch) -> Tensor:
        """The last hidden states [T, hidden_size], valid until the next call. Raises NotCapturable."""
        rows = self._sizes[bisect_left(self._sizes, batch.num_rows)]
        self._buffers.fill(batch, rows)
        if rows not in self._graphs:
            self._graphs[rows] = self._capture(rows)
        graph, hidden = self._graphs[rows]
        graph.replay()
        return hidden[: batch.num_rows]

    def _capture(self, rows: int) -> tuple[torch.cuda.CUDAGraph, Tensor]:
        logger.info("capturing the decode graph for %d rows", rows)
        buffers = self._buffers
        attention = buffers.attention(rows)
        paged = PagedAttention(self._cache, buffers.slots[:rows], gathered=attention, flash=attention)

        def forward() -> Tensor:
            return self._model.hidden(buffers.input_ids[:rows], buffers.positions[:rows], paged)

        # A first run outside the graph lets libraries allocate the memory that they keep. Both runs write the same
        # keys and values as the replay after them, so they do no harm.
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            forward()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph, pool=self._pool):
                hidden = forward()
        except RuntimeError as error:
            raise NotCapturable(first_line(error)) from error
        return graph, hidden


def _copy(buffer: Tensor, values: Ints, rows: int, padding: int) -> None:
    buffer[: len(values)].copy_(torch.from_numpy(values))
    buffer[len(values) : rows].fill_(padding)
