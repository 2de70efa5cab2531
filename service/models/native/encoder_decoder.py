"""An encoder-decoder that the compiled kernels compute, as its layout says.

Weights and keys and values are stored in the model's own type, or as int8. The arithmetic is float32, and a row's bits
depend on nothing but the row and its source.
"""

import weakref
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from service.errors import UnsupportedAdapter
from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.lora import LinearShape, LoraAdapter
from service.models.contracts.step_view import Ints, SourceView, StepView
from service.models.native import kernels
from service.models.native.encoder_decoder_weights import StackTables, pack_codec
from service.models.native.matrices import CACHE_KINDS
from service.models.native.packer import LoadTensor
from service.models.native.result_memory import ResultMemory
from service.models.native.stored_blocks import StoredBlocks
from service.models.native.structures import PARTS, KernelSources, KernelStep


class NativeEncoderDecoder:
    """Packed weights, and the calls of the kernels. Implements ``contracts.language_model.EncoderDecoder``."""

    def __init__(
        self,
        layout: EncoderDecoderLayout,
        load_tensor: LoadTensor,
        encoder_tables: StackTables,
        decoder_tables: StackTables,
        *,
        block_size: int,
        architecture: str,
        dtype: torch.dtype,
        quantization: str,
        threads: int,
    ) -> None:
        """Load and pack the weights; see ``pack_codec``. ``decoder.unsupported_reason`` must be empty.

        ``block_size`` is the size of blocks that the configuration asks for; 0: any.
        """
        sizes = layout.head_dim, block_size
        library, build = kernels.load(*sizes), kernels.find_build(*sizes)
        assert library is not None
        assert build is not None
        self.build = build.name
        self.library = library
        self.block_size = 2 * int(library.trivium_lanes())
        """Tokens in a block, as the kernels lay it out. A block of the store holds one of them or several."""
        self._team = library.trivium_create_team(threads)
        weakref.finalize(self, library.trivium_delete_team, self._team)
        self.layout = layout
        self.architecture = architecture
        self.dtype = dtype
        self._weights = pack_codec(
            *(library, self._team, layout, load_tensor, encoder_tables, decoder_tables),
            dtype=dtype,
            quantization=quantization,
        )
        self._times: Ints | None = None
        self._logits = ResultMemory()

    @property
    def has_encoder(self) -> Literal[True]:
        return True

    @property
    def feature_channels(self) -> int:
        """As ``EncoderDecoder.feature_channels``."""
        return 0 if self.layout.features is None else self.layout.features.channels

    @property
    def backend(self) -> Literal["native"]:
        return "native"

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def build_reason(self) -> str:
        """Why this build of the kernels was chosen, in words."""
        return kernels.choice_reason(self.build)

    @property
    def vocab_size(self) -> int:
        return self.layout.vocab_size

    @property
    def quantization(self) -> str:
        return self._weights.quantization

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self._weights.tensors)

    @property
    def linears(self) -> Mapping[str, LinearShape]:
        """Empty: no adapter can change these models."""
        return {}

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        """Raises UnsupportedAdapter."""
        raise UnsupportedAdapter(f"{self.architecture} is computed without adapters")

    def unload_adapter(self, number: int) -> None:
        """There is no adapter to forget."""

    def attach_store(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on.

        The kernels have their own layout within a block, so nothing else may read or write single tokens of it.
        """
        self._weights.model.cache_kind = CACHE_KINDS[store.layers[0].key.dtype]
        self._blocks = StoredBlocks(store)
        for layer, stored in zip(self._weights.layers, store.layers, strict=True):
            layer.keys, layer.values = stored.key.data_ptr(), stored.value.data_ptr()

    def copy_blocks(self, pairs: Ints) -> None:
        """Copy whole blocks of the store, before a step: ``pairs`` [C, 2] are from where, and to where.

        No block is written twice, and none is both read and written.
        """
        self._blocks.copy(self.library, self._team, pairs)

    def measure_parts(self) -> Ints:
        """An array that every later call adds its nanoseconds to, one number for each of ``PARTS``."""
        self._times = np.zeros(len(PARTS), dtype=np.int64)
        return self._times

    def encode(self, sources: SourceView) -> Tensor:
        """As ``EncoderDecoder.encode``. The hidden states are float32."""
        kernel_sources = KernelSources(
            ids=None if sources.ids is None else sources.ids.ctypes.data,
            features=None if sources.features is None else sources.features.ctypes.data,
            offsets=sources.offsets.ctypes.data,
            blocks=sources.blocks.ctypes.data,
            count=len(sources.offsets) - 1,
            block_size=sources.block_size,
            times=None if self._times is None else self._times.ctypes.data,
        )
        out = torch.empty(int(sources.offsets[-1]), self.layout.hidden_size)
        self.library.trivium_encode_sources(self._team, self._weights.model, kernel_sources, out.data_ptr())
        return out

    def hidden(self, step: StepView) -> Tensor:
        """The last hidden states [T, hidden_size] of ``step``, float32."""
        assert step.source_lengths is not None
        assert step.source_blocks is not None
        kernel_step = KernelStep(
            ids=step.input_ids.ctypes.data,
            offsets=step.offsets.ctypes.data,
            contexts=step.contexts.ctypes.data,
            blocks=step.blocks.ctypes.data,
            rows=step.num_rows,
            chunks=len(step.contexts),
            block_size=step.block_size,
            source_lengths=step.source_lengths.ctypes.data,
            source_blocks=step.source_blocks.ctypes.data,
            times=None if self._times is None else self._times.ctypes.data,
        )
        out = torch.empty(step.num_rows, self.layout.hidden_size)
        self.library.trivium_decode_step(self._team, self._weights.model, kernel_step, out.data_ptr())
        return out

    def all_finite(self, hidden: Tensor) -> bool:
        """Whether every number of ``hidden`` [T, hidden_size], float32, is finite."""
        return bool(self.library.trivium_all_finite(hidden.data_ptr(), hidden.numel()))

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        hidden, head = hidden.contiguous(), self._weights.head
        out = self._logits.empty(hidden.shape[0], head.n)
        self.library.trivium_linear(self._team, head, hidden.data_ptr(), hidden.shape[0], out.data_ptr(), head.n)
        return out
