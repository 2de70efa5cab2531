"""An encoder-decoder that the compiled kernels compute, as its layout says.

Weights and keys and values are stored in the model's own type, or as int8. The arithmetic is float32, and a row's bits
depend on nothing but the row and its source.
"""

import torch
from torch import Tensor

from service.models.contracts.encoder_decoder_facts import EncoderDecoderFacts
from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.step_view import SourceView, StepView
from service.models.native.encoder_decoder_weights import StackTables, pack_codec
from service.models.native.kernel_model import KernelModel
from service.models.native.packer import LoadTensor
from service.models.native.structures import KernelSources


class NativeEncoderDecoder(KernelModel, EncoderDecoderFacts):
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
        """Load and pack the weights; see ``pack_codec`` and ``KernelModel``."""
        super().__init__(
            layout.head_dim, block_size=block_size, architecture=architecture, dtype=dtype, threads=threads
        )
        self.layout = layout
        self.weights = pack_codec(
            *(self.library, self._team, layout, load_tensor, encoder_tables, decoder_tables),
            dtype=dtype,
            quantization=quantization,
        )

    @property
    def device(self) -> torch.device:
        return torch.device("cpu")

    @property
    def quantization(self) -> str:
        return self.weights.quantization

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.weights.tensors)

    def attach_store(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on."""
        self.weights.model.cache_kind = self._attach(store)
        for layer, stored in zip(self.weights.layers, store.layers, strict=True):
            layer.keys, layer.values = stored.key.data_ptr(), stored.value.data_ptr()

    def encode(self, sources: SourceView) -> Tensor:
        """As ``EncoderDecoder.encode``. The hidden states are float32."""
        kernel_sources = KernelSources(
            ids=None if sources.ids is None else sources.ids.ctypes.data,
            features=None if sources.features is None else sources.features.ctypes.data,
            offsets=sources.offsets.ctypes.data,
            blocks=sources.blocks.ctypes.data,
            count=len(sources.offsets) - 1,
            block_size=sources.block_size,
            times=self._times_address,
        )
        out = torch.empty(int(sources.offsets[-1]), self.layout.hidden_size)
        self.library.trivium_encode_sources(self._team, self.weights.model, kernel_sources, out.data_ptr())
        return out

    def hidden(self, step: StepView) -> Tensor:
        """The last hidden states [T, hidden_size] of ``step``, float32."""
        assert step.source_lengths is not None
        assert step.source_blocks is not None
        lengths, blocks = step.source_lengths.ctypes.data, step.source_blocks.ctypes.data
        kernel_step = self._kernel_step(step, source_lengths=lengths, source_blocks=blocks)
        out = torch.empty(step.num_rows, self.layout.hidden_size)
        self.library.trivium_decode_step(self._team, self.weights.model, kernel_step, out.data_ptr())
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        return self._multiply_head(self.weights.head, hidden)
