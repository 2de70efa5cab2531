"""A decoder of the Llama family computed by the compiled kernels instead of transformers' modules.

It packs the weights that it is given, from wherever they come. Numbers at rest are of the model's type (or int8),
arithmetic is float32, and a row's bits depend on nothing but the row.
"""

import weakref
from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from service.models.contracts.key_value_store import KeyValueStore
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig
from service.models.contracts.step_view import Ints, StepView
from service.models.native import kernels
from service.models.native.kernels import INT8, Decoder, Layer, Step
from service.models.native.packer import KINDS, LoadTensor, Packer, block_size


class Shape(Protocol):
    """What is needed of a model's configuration, under transformers' names."""

    @property
    def vocab_size(self) -> int: ...
    @property
    def hidden_size(self) -> int: ...
    @property
    def intermediate_size(self) -> int: ...
    @property
    def rms_norm_eps(self) -> float: ...


def unsupported_reason(config: ModelConfig, device: torch.device, head_dim: int) -> str:
    """Why the compiled kernels do not compute heads of so many dimensions here; empty if they do."""
    if device.type != "cpu":
        return "they are for CPUs"
    if not config.native_kernels:
        return "native_kernels is off"
    if kernels.load() is None:
        return "the kernels are not there"
    if head_dim % block_size():
        return f"heads have {head_dim} dimensions"
    if config.block_size % block_size():
        return f"their blocks have {block_size()} tokens"
    return ""


class NativeDecoder:
    """Packed weights, and the calls that use them. It replaces ``CausalLM`` in a runner."""

    def __init__(
        self,
        shape: Shape,
        specs: Sequence[LayerSpec],
        load_tensor: LoadTensor,
        rotation: tuple[Tensor, Tensor],
        *,
        architecture: str,
        dtype: torch.dtype,
        quantization: str,
        threads: int,
    ) -> None:
        """``unsupported_reason`` must be empty. ``load_tensor`` gives tensors of ``dtype``: float32 or bfloat16.

        ``rotation`` are the cosines and sines of every position, [max_model_len, head_dim / 2] each.
        """
        compiled = kernels.load()
        assert compiled is not None
        self._kernels = compiled
        self._team = compiled.trivium_team(threads)
        weakref.finalize(self, compiled.trivium_disband, self._team)
        self.config = shape
        self.architecture = architecture
        self.dtype = dtype
        self.quantization = quantization
        packer = Packer(load_tensor, kind=INT8 if quantization == "int8" else KINDS[dtype])
        # The head decides between tokens that are close: it keeps the model's own type.
        self._head = packer.linear("lm_head", kind=KINDS[dtype])
        self._layers = (Layer * len(specs))(*(packer.layer(number, spec) for number, spec in enumerate(specs)))
        self._decoder = Decoder(
            layers=self._layers,
            num_layers=len(specs),
            hidden=shape.hidden_size,
            heads=specs[0].heads,
            kv_heads=specs[0].kv_heads,
            head_dim=specs[0].key_dim,
            inner=shape.intermediate_size,
            embeddings=packer.matrix("model.embed_tokens.weight"),
            norm=packer.vector("model.norm.weight"),
            cosines=packer.keep(rotation[0].contiguous()),
            sines=packer.keep(rotation[1].contiguous()),
            eps=shape.rms_norm_eps,
            embedding_kind=KINDS[dtype],
            cache_kind=KINDS[dtype],
        )
        self._kept = packer.kept
        self._times: Ints | None = None

    @property
    def backend(self) -> Literal["native"]:
        return "native"

    @property
    def vocab_size(self) -> int:
        return self.config.vocab_size

    @property
    def weights_bytes(self) -> int:
        return sum(tensor.nbytes for tensor in self._kept)

    def bind(self, store: KeyValueStore) -> None:
        """Read and write the keys and values of ``store`` from now on. The layout within its blocks is the kernels'."""
        for layer, kept in zip(self._layers, store.layers, strict=True):
            layer.keys, layer.values = kept.key.data_ptr(), kept.value.data_ptr()

    def watch(self) -> Ints:
        """The nanoseconds of each of ``kernels.PARTS``, which every step from now on adds to."""
        self._times = np.zeros(len(kernels.PARTS), dtype=np.int64)
        return self._times

    def hidden(self, step: StepView) -> Tensor:
        """Last hidden states [T, hidden_size], float32."""
        tables = step.table(0, len(step.contexts), 0, int(step.block_counts.max())).astype(np.int32)
        native_step = Step(
            ids=step.input_ids.data_ptr(),
            positions=step.positions.data_ptr(),
            slots=step.slots.data_ptr(),
            offsets=step.offsets.ctypes.data,
            contexts=step.contexts.ctypes.data,
            tables=tables.ctypes.data,
            rows=step.num_rows,
            chunks=len(step.contexts),
            width=tables.shape[1],
            times=None if self._times is None else self._times.ctypes.data,
        )
        out = torch.empty(step.num_rows, self.config.hidden_size)
        self._kernels.trivium_step(self._team, self._decoder, native_step, out.data_ptr())
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """The logits [R, V], float32, of ``hidden`` [R, hidden_size]."""
        hidden = hidden.contiguous()
        out = torch.empty(hidden.shape[0], self._head.n)
        self._kernels.trivium_linear(self._team, self._head, hidden.data_ptr(), hidden.shape[0], out.data_ptr())
        return out
