"""The forward pass of a step: from a batch to its last hidden states, by the backend that computes the model."""

import logging
import math
from typing import Protocol

import torch
from torch import Tensor

from service.engine.attention.batch import Batch
from service.engine.attention.flash import FlashAttention
from service.engine.attention.gathered import GatheredAttention
from service.engine.attention.kv_cache import KVCache
from service.engine.attention.paged import PagedAttention
from service.engine.attention.source_batch import SourceBatch
from service.engine.execution.cuda_graphs import DecodeGraphs, NotCapturable
from service.models.contracts.language_model import EncoderDecoder, NativeModel, TorchModel
from service.models.contracts.step_view import Ints

logger = logging.getLogger(__name__)


class ForwardPass(Protocol):
    """Computes the layers of the model, and writes keys and values into the KV cache."""

    def hidden(self, batch: Batch) -> Tensor:
        """The last hidden states [T, hidden_size] of ``batch``, valid until the next call."""
        ...

    def all_finite(self, hidden: Tensor) -> bool:
        """Whether every number of ``hidden`` [T, hidden_size] is finite. If their sum overflows, it may say no."""
        ...

    def copy_blocks(self, copies: Ints) -> None:
        """Copy keys and values of all layers, before a step: ``copies`` [C, 2] are from which block, and to which.

        No block is written twice, and none is both read and written.
        """
        ...

    def discard(self, slots: Ints) -> None:
        """Make keys and values in ``slots`` [T] harmless, which were written by a step that failed or is broken.

        Other slots of the same blocks keep their keys and values.
        """
        ...


def make_forward_pass(
    model: NativeModel | TorchModel | EncoderDecoder,
    cache: KVCache,
    *,
    max_num_seqs: int,
    max_model_len: int,
    cuda_graphs: bool,
) -> ForwardPass:
    """The forward pass of ``model`` over ``cache``. CUDA graphs are used if FlashAttention computes every layer."""
    if model.has_encoder:
        return EncoderDecoderForward(model, cache)
    if model.backend == "native":
        return NativeForward(model, cache)
    graphs = None
    if cuda_graphs and all(layer.uses_flash for layer in cache.layers):
        graphs = DecodeGraphs(model, cache, max_num_seqs=max_num_seqs, max_model_len=max_model_len)
    return TorchForward(model, cache, graphs)


class EncoderDecoderForward:
    """An encoder-decoder computes everything itself, attention included."""

    def __init__(self, model: EncoderDecoder, cache: KVCache) -> None:
        model.attach_store(cache)
        self._model = model
        self._cache = cache

    def hidden(self, batch: Batch) -> Tensor:
        """As ``ForwardPass.hidden``. The sources of chunks that ask for that are encoded first."""
        sources = SourceBatch.from_chunks(batch.chunks, batch.block_size)
        if sources is not None:
            self._model.encode(sources)
        return self._model.hidden(batch)

    def all_finite(self, hidden: Tensor) -> bool:
        """As ``ForwardPass.all_finite``."""
        return self._model.all_finite(hidden)

    def copy_blocks(self, copies: Ints) -> None:
        """As ``ForwardPass.copy_blocks``."""
        self._model.copy_blocks(copies)

    def discard(self, slots: Ints) -> None:
        """As ``ForwardPass.discard``: set to zero, as torch reads what a mask hides. The kernels do not."""
        if self._model.backend == "torch":
            self._cache.clear(torch.from_numpy(slots).to(self._model.device))


class NativeForward:
    """The native kernels compute everything, attention included."""

    def __init__(self, model: NativeModel, cache: KVCache) -> None:
        model.attach_store(cache)
        self._model = model

    def hidden(self, batch: Batch) -> Tensor:
        """As ``ForwardPass.hidden``. The result is float32."""
        return self._model.hidden(batch)

    def all_finite(self, hidden: Tensor) -> bool:
        """As ``ForwardPass.all_finite``."""
        return self._model.all_finite(hidden)

    def copy_blocks(self, copies: Ints) -> None:
        """As ``ForwardPass.copy_blocks``."""
        self._model.copy_blocks(copies)

    def discard(self, slots: Ints) -> None:
        """As ``ForwardPass.discard``: nothing to do.

        The kernels never use the numbers of a token before a step has written them. ``slots`` cannot be set to zero
        through the cache's tensors, because within a block the kernels have a layout of their own.
        """


class TorchForward:
    """torch computes the model, with paged attention. Steps that only decode are replayed as CUDA graphs, if given.

    A step with adapters is computed without graphs, because a graph has fixed rows.
    """

    def __init__(self, model: TorchModel, cache: KVCache, graphs: DecodeGraphs | None) -> None:
        self._model = model
        self._cache = cache
        self._graphs = graphs
        self._uses_flash = any(layer.uses_flash for layer in cache.layers)

    def hidden(self, batch: Batch) -> Tensor:
        """As ``ForwardPass.hidden``."""
        if self._graphs is not None and batch.only_singles and batch.adapters is None:
            try:
                return self._graphs.hidden(batch)
            except NotCapturable as error:
                logger.warning("decoding without CUDA graphs: %s", error)
                self._graphs = None
        attention = PagedAttention(
            self._cache,
            batch.to_device(batch.slots),
            gathered=GatheredAttention(batch),
            flash=FlashAttention.from_batch(batch) if self._uses_flash else None,
        )
        ids, positions = batch.to_device(batch.input_ids), batch.to_device(batch.positions)
        return self._model.hidden(ids, positions, attention, batch.rows_by_adapter())

    def all_finite(self, hidden: Tensor) -> bool:
        """As ``ForwardPass.all_finite``. The host waits for one number."""
        return math.isfinite(hidden.sum(dtype=torch.float32).item())

    def copy_blocks(self, copies: Ints) -> None:
        """As ``ForwardPass.copy_blocks``."""
        self._cache.copy_blocks(copies)

    def discard(self, slots: Ints) -> None:
        """As ``ForwardPass.discard``: set to zero, because masked positions take part in the arithmetic."""
        self._cache.clear(torch.from_numpy(slots).to(self._model.device))
