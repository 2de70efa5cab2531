"""A decoder that the compiled kernels compute, as its layout says, instead of transformers' modules.

Weights and the KV cache are stored in the model's own type, or as int8. The arithmetic is float32, and a
row's bits depend on nothing but the row.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from service.errors import UnsupportedAdapter
from service.models.contracts.decoder_layout import DecoderLayout
from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.lora import LinearShape, LoraAdapter
from service.models.contracts.model_config import ModelConfig
from service.models.contracts.step_view import StepView
from service.models.native import kernels
from service.models.native.decoder_weights import Tables, pack_weights
from service.models.native.kernel_model import KernelModel
from service.models.native.lora import AdaptedRows, PackedAdapter, fused_linears
from service.models.native.matrices import KINDS
from service.models.native.packer import LoadTensor


def unsupported_reason(config: ModelConfig, device: torch.device, head_dim: int) -> str:
    """Why the compiled kernels cannot compute heads of ``head_dim`` dimensions under ``config``; empty if they can."""
    if device.type != "cpu":
        return "they run on CPUs only"
    if not config.native_kernels:
        return "native_kernels is off"
    if config.tensor_parallel > 1:
        return "several processes compute the model"
    if kernels.load() is None:
        return "they could not be loaded"
    if kernels.find_build(head_dim) is None:
        return f"a head has {head_dim} dimensions, which is not a multiple of {kernels.smallest_block()}"
    if kernels.find_build(head_dim, config.block_size) is None:
        return f"block_size is {config.block_size}, which is not a multiple of {kernels.smallest_block()}"
    return "" if kernels.load(head_dim, config.block_size) else "they could not be loaded"


def narrow_layout_note(config: ModelConfig, head_dim: int) -> str:
    """What it costs that the model does not fit the layout that this processor prefers; empty if it fits."""
    preferred, used = kernels.find_build(), kernels.find_build(head_dim, config.block_size)
    if preferred is None or used is None or preferred is used:
        return ""
    sizes = {f"heads of {head_dim} dimensions": head_dim, f"block_size {config.block_size}": config.block_size}
    reason = " and ".join(name for name, size in sizes.items() if size % preferred.block_size)
    return f"computed by the compiled kernels for {used.name}, slower than those for {preferred.name}: {reason}"


class NativeDecoder(KernelModel):
    """Packed weights, and the calls of the kernels. Implements ``contracts.language_model.NativeModel``."""

    def __init__(
        self,
        layout: DecoderLayout,
        specs: Sequence[LayerSpec],
        load_tensor: LoadTensor,
        tables: Tables,
        *,
        block_size: int,
        architecture: str,
        dtype: torch.dtype,
        quantization: str,
        threads: int,
    ) -> None:
        """Load and pack the weights; see ``pack_weights`` and ``KernelModel``."""
        super().__init__(
            specs[0].key_dim, block_size=block_size, architecture=architecture, dtype=dtype, threads=threads
        )
        self.layout = layout
        self.weights = pack_weights(
            self.library, self._team, layout, specs, load_tensor, tables, dtype=dtype, quantization=quantization
        )
        self._linears = fused_linears(layout)
        self._adapters: dict[int, PackedAdapter] = {}

    @property
    def has_encoder(self) -> Literal[False]:
        return False

    @property
    def vocab_size(self) -> int:
        return self.layout.vocab_size

    @property
    def quantization(self) -> str:
        return self.weights.quantization

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self.weights.tensors)

    @property
    def linears(self) -> Mapping[str, LinearShape]:
        """The linear layers that an adapter may change."""
        return {name: shape for fused in self._linears for name, shape in fused.shapes.items()}

    def load_adapter(self, number: int, adapter: LoraAdapter) -> int:
        """As ``LanguageModel.load_adapter``. Its numbers are stored in the model's own type."""
        largest = max(float(matrix.abs().max()) for each in adapter.updates.values() for matrix in (each.a, each.b))
        if largest > torch.finfo(self.dtype).max:
            raise UnsupportedAdapter(f"it has the number {largest:.3g}, which {self.dtype} cannot hold")
        packed = self._adapters[number] = PackedAdapter(
            self.library, self._team, adapter, self._linears, kind=KINDS[self.dtype]
        )
        return packed.num_bytes

    def unload_adapter(self, number: int) -> None:
        """Forget the adapter."""
        del self._adapters[number]

    def attach_store(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on."""
        self.weights.decoder.cache_kind = self._attach(store)
        for layer, stored in zip(self.weights.layers, store.layers, strict=True):
            layer.keys, layer.values = stored.key.data_ptr(), stored.value.data_ptr()

    def hidden(self, step: StepView) -> Tensor:
        """The last hidden states [T, hidden_size] of ``step``, float32."""
        adapted = AdaptedRows.from_step(step, self._adapters)
        kernel_step = self._kernel_step(step, **({} if adapted is None else adapted.fields()))
        out = torch.empty(step.num_rows, self.layout.hidden_size)
        self.library.trivium_step(self._team, self.weights.decoder, kernel_step, out.data_ptr())
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        out = self._multiply_head(self.weights.head, hidden)
        if cap := self.layout.logit_cap:
            self.library.trivium_soft_cap(self._team, out.data_ptr(), *out.shape, cap)
        return out
