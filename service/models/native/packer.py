"""Weights as the compiled kernels read them: matrices in panels of columns, vectors in float32.

A packer takes tensors one by one by the names they have in a checkpoint, and holds nothing but what it has packed, so
that a model is never in memory twice.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from service.models.contracts.layer_spec import LayerSpec
from service.models.native import kernels
from service.models.native.kernels import BF16, F32, INT8, Layer, Linear

# Gives the tensor of a name, or None if the model has none. The source does not need the tensor afterwards.
LoadTensor = Callable[[str], Tensor | None]

KINDS = {torch.float32: F32, torch.bfloat16: BF16}
_TYPES = {F32: torch.float32, BF16: torch.bfloat16, INT8: torch.int8}


def block_size() -> int:
    """Tokens of a block as the kernels lay it out."""
    compiled = kernels.load()
    assert compiled is not None
    return 2 * int(compiled.trivium_lanes())


class Packer:
    """Packs what ``load_tensor`` gives. Addresses are good as long as the tensors in ``kept`` live."""

    def __init__(self, load_tensor: LoadTensor, *, kind: int) -> None:
        compiled = kernels.load()
        assert compiled is not None
        self._kernels = compiled
        self._load_tensor = load_tensor
        self._kind = kind
        self.kept: list[Tensor] = []

    def layer(self, number: int, spec: LayerSpec) -> Layer:
        """All weights of one layer."""
        layer = f"model.layers.{number}"
        attention, mlp = f"{layer}.self_attn", f"{layer}.mlp"
        return Layer(
            qkv=self.linear(f"{attention}.q_proj", f"{attention}.k_proj", f"{attention}.v_proj"),
            o=self.linear(f"{attention}.o_proj"),
            up=self.linear(f"{mlp}.gate_proj", f"{mlp}.up_proj", gated=True),
            down=self.linear(f"{mlp}.down_proj"),
            input_norm=self.vector(f"{layer}.input_layernorm.weight"),
            post_norm=self.vector(f"{layer}.post_attention_layernorm.weight"),
            q_norm=self.vector(f"{attention}.q_norm.weight"),
            k_norm=self.vector(f"{attention}.k_norm.weight"),
            scale=spec.scale,
            window=spec.window or 0,
        )

    def linear(self, *names: str, kind: int | None = None, gated: bool = False) -> Linear:
        """Several matrices of one input as one. Two that are ``gated`` alternate panel by panel."""
        kind = self._kind if kind is None else kind
        width = block_size()
        weights = [self._loaded(f"{name}.weight") for name in names]
        biases = [self._load_tensor(f"{name}.bias") for name in names]
        bias = None
        if any(bias is not None for bias in biases):
            pairs = zip(weights, biases, strict=True)
            bias = torch.cat([torch.zeros(len(w)) if b is None else b.float() for w, b in pairs])
        weight = torch.cat(weights)
        del weights
        n, k = weight.shape
        if gated:
            order = _alternating(n // 2, width)
            weight = torch.cat((weight, weight.new_zeros(1, k)))[order]
            bias = None if bias is None else torch.cat((bias, bias.new_zeros(1)))[order]
        rows = len(weight)
        padded = -(-rows // (2 * width)) * 2 * width
        panels = torch.zeros(padded * (-(-k // 2) * 2 if kind == INT8 else k), dtype=_TYPES[kind])
        scales = torch.zeros(padded) if kind == INT8 else None
        self._kernels.trivium_pack(
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
        return Linear(
            panels=self.keep(panels),
            scales=None if scales is None else self.keep(scales),
            bias=None if bias is None else self.keep(bias),
            n=n,
            k=k,
            kind=kind,
            gated=gated,
        )

    def matrix(self, name: str) -> int:
        """The address of a matrix that is looked up row by row, as it is but for a copy of its own."""
        return self.keep(self._loaded(name).clone(memory_format=torch.contiguous_format))

    def vector(self, name: str) -> int | None:
        """The address of a vector, if the model has it."""
        tensor = self._load_tensor(name)
        return None if tensor is None else self.keep(tensor.to(torch.float32, copy=True))

    def keep(self, tensor: Tensor) -> int:
        """Its address."""
        self.kept.append(tensor)
        return tensor.data_ptr()

    def _loaded(self, name: str) -> Tensor:
        tensor = self._load_tensor(name)
        assert tensor is not None, f"{name} is not there"
        return tensor


def _alternating(inner: int, width: int) -> Tensor:
    """The order of the rows of gate and up: ``width`` of one, ``width`` of the other. The last index is a zero row."""
    padded = -(-inner // width) * width
    gate = torch.arange(padded).view(-1, 1, width)
    gate = torch.where(gate < inner, gate, 2 * inner)
    up = torch.where(gate < inner, gate + inner, 2 * inner)
    return torch.cat((gate, up), dim=1).reshape(-1)
