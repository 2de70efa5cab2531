"""Packs weights for the compiled kernels: matrices in panels of columns, vectors in float32.

The packer loads tensors one by one, by the names that they have in a checkpoint, and keeps only what it has packed. So
a model is never in memory twice.
"""

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from service.models.contracts.layer_spec import LayerSpec
from service.models.native.structures import BF16, F16, F32, INT8, SPLIT, KernelDecoder, KernelLayer, KernelLinear

# Returns the tensor with a given name, or None if the model has none. The source does not need the tensor afterwards.
LoadTensor = Callable[[str], Tensor | None]

KINDS = {torch.float32: F32, torch.bfloat16: BF16, torch.float16: F16}
CACHE_KINDS = KINDS | {torch.int8: INT8}
DTYPES = {F32: torch.float32, BF16: torch.bfloat16, F16: torch.float16, INT8: torch.int8, SPLIT: torch.bfloat16}


class DecoderConfig(Protocol):
    """The fields of a model's configuration that the kernels need, under transformers' names."""

    @property
    def vocab_size(self) -> int: ...
    @property
    def hidden_size(self) -> int: ...
    @property
    def intermediate_size(self) -> int: ...
    @property
    def rms_norm_eps(self) -> float: ...


@dataclass(slots=True, frozen=True)
class PackedWeights:
    """A whole model for the kernels. The structures hold addresses of ``tensors``."""

    decoder: KernelDecoder
    layers: "ctypes.Array[KernelLayer]"  # the memory that ``decoder.layers`` points to
    head: KernelLinear
    tensors: list[Tensor]


def pack_weights(
    library: ctypes.CDLL,
    config: DecoderConfig,
    specs: Sequence[LayerSpec],
    load_tensor: LoadTensor,
    rotation: tuple[Tensor, Tensor],
    *,
    dtype: torch.dtype,
    quantization: str,
) -> PackedWeights:
    """Load and pack a model of the Llama family. ``load_tensor`` gives tensors of ``dtype``, one of ``KINDS``.

    ``rotation`` holds the cosines and sines of every position, [max_model_len, head_dim / 2] each. The head keeps
    ``dtype`` even under quantization, because it decides between tokens with nearly equal logits.
    """
    packer = Packer(library, load_tensor, kind=INT8 if quantization == "int8" else KINDS[dtype])
    head = packer.pack_linear("lm_head", kind=KINDS[dtype])
    layers = (KernelLayer * len(specs))(*(packer.pack_layer(number, spec) for number, spec in enumerate(specs)))
    decoder = KernelDecoder(
        layers=layers,
        num_layers=len(specs),
        hidden=config.hidden_size,
        heads=specs[0].heads,
        kv_heads=specs[0].kv_heads,
        head_dim=specs[0].key_dim,
        inner=config.intermediate_size,
        embeddings=packer.copy_matrix("model.embed_tokens.weight"),
        norm=packer.copy_vector("model.norm.weight"),
        cosines=packer.address_of(rotation[0].contiguous()),
        sines=packer.address_of(rotation[1].contiguous()),
        eps=config.rms_norm_eps,
        embedding_kind=KINDS[dtype],
        cache_kind=KINDS[dtype],
    )
    return PackedWeights(decoder=decoder, layers=layers, head=head, tensors=packer.tensors)


class Packer:
    """Packs the tensors that ``load_tensor`` returns. Addresses are valid as long as the tensors in ``tensors`` live.

    ``library`` holds the kernels. ``kind`` is the number type of packed linear layers: one of ``KINDS``, or ``INT8``.
    """

    def __init__(self, library: ctypes.CDLL, load_tensor: LoadTensor, *, kind: int) -> None:
        self._library = library
        self._panel = 2 * int(library.trivium_lanes())  # columns of a panel
        self._load_tensor = load_tensor
        self._kind = kind
        self.tensors: list[Tensor] = []

    def pack_layer(self, number: int, spec: LayerSpec) -> KernelLayer:
        """All weights of one layer."""
        layer = f"model.layers.{number}"
        attention, mlp = f"{layer}.self_attn", f"{layer}.mlp"
        return KernelLayer(
            qkv=self.pack_linear(f"{attention}.q_proj", f"{attention}.k_proj", f"{attention}.v_proj"),
            o=self.pack_linear(f"{attention}.o_proj"),
            up=self.pack_linear(f"{mlp}.gate_proj", f"{mlp}.up_proj", gated=True),
            down=self.pack_linear(f"{mlp}.down_proj"),
            input_norm=self.copy_vector(f"{layer}.input_layernorm.weight"),
            post_norm=self.copy_vector(f"{layer}.post_attention_layernorm.weight"),
            q_norm=self.copy_vector(f"{attention}.q_norm.weight"),
            k_norm=self.copy_vector(f"{attention}.k_norm.weight"),
            scale=spec.scale,
            window=spec.window or 0,
        )

    def pack_linear(self, *names: str, kind: int | None = None, gated: bool = False) -> KernelLinear:
        """Pack several matrices with the same input as one. Two ``gated`` matrices alternate panel by panel."""
        kind = self._kind if kind is None else kind
        panel = self._panel
        weights = [self._load_existing(f"{name}.weight") for name in names]
        biases = [self._load_tensor(f"{name}.bias") for name in names]
        bias = None
        if any(bias is not None for bias in biases):
            pairs = zip(weights, biases, strict=True)
            bias = torch.cat([torch.zeros(len(w)) if b is None else b.float() for w, b in pairs])
        weight = torch.cat(weights)
        del weights
        n, k = weight.shape
        if gated:
            order = _alternate(n // 2, panel)
            weight = torch.cat((weight, weight.new_zeros(1, k)))[order]
            bias = None if bias is None else torch.cat((bias, bias.new_zeros(1)))[order]
        rows = len(weight)
        padded = -(-rows // (2 * panel)) * 2 * panel
        panels = torch.zeros(padded * _column_numbers(kind, k), dtype=DTYPES[kind])
        scales = torch.zeros(padded) if kind == INT8 else None
        self._library.trivium_pack(
            weight.data_ptr(),
            KINDS[weight.dtype],
            panels.data_ptr(),
            kind,
            None if scales is None else scales.data_ptr(),
            rows,
            k,
        )
        if bias is not None:
            bias = torch.cat((bias, torch.zeros(padded - rows)))
        return KernelLinear(
            panels=self.address_of(panels),
            scales=None if scales is None else self.address_of(scales),
            bias=None if bias is None else self.address_of(bias),
            n=n,
            k=k,
            kind=kind,
            gated=gated,
        )

    def copy_matrix(self, name: str) -> int:
        """The address of an unpacked copy of a matrix, of which single rows are read."""
        return self.address_of(self._load_existing(name).clone(memory_format=torch.contiguous_format))

    def copy_vector(self, name: str) -> int | None:
        """The address of a float32 copy of a vector; None if the model has no such vector."""
        tensor = self._load_tensor(name)
        return None if tensor is None else self.address_of(tensor.to(torch.float32, copy=True))

    def address_of(self, tensor: Tensor) -> int:
        """The address of ``tensor``, which is kept alive in ``tensors``."""
        self.tensors.append(tensor)
        return tensor.data_ptr()

    def _load_existing(self, name: str) -> Tensor:
        tensor = self._load_tensor(name)
        assert tensor is not None, f"the model has no tensor {name}"
        return tensor


def _column_numbers(kind: int, k: int) -> int:
    """How many numbers a packed matrix has for each column. INT8 pads ``k`` to pairs; SPLIT has two for each number."""
    return {INT8: -(-k // 2) * 2, SPLIT: 2 * k}.get(kind, k)


def _alternate(inner: int, panel: int) -> Tensor:
    """The order of the rows of gate and up, ``inner`` each: a panel of gate, a panel of up, and so on.

    Index ``2 * inner`` stands for a row of zeros. It fills up the last panels.
    """
    padded = -(-inner // panel) * panel
    gate = torch.arange(padded).view(-1, 1, panel)
    gate = torch.where(gate < inner, gate, 2 * inner)
    up = torch.where(gate < inner, gate + inner, 2 * inner)
    return torch.cat((gate, up), dim=1).reshape(-1)
