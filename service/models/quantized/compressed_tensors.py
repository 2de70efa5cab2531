"""Checkpoints of compressed-tensors with integer weights of 4 or 8 bits.

Source: https://github.com/vllm-project/compressed-tensors. In the format "pack-quantized" a linear layer has
``weight_packed`` int32 [n, k * bits / 32], ``weight_scale`` [n, k / group] and ``weight_shape`` (n, k); zero points are
packed too, along n. In "int-quantized" and "naive-quantized" weights and zero points are int8 and not packed. Packed
numbers have 2 ** (bits - 1) added, and so have the codes here.

Activations that are quantized dynamically are accepted: they are computed as precisely or more so. Everything else that
would change the numbers is refused.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import GroupMatrix
from service.models.quantized.packed_integers import unpack_columns, unpack_rows
from service.models.quantized.quantized_matrix import QuantizedMatrix, group_size, require_parts
from service.models.tensor_files import TensorFiles

_PACKED, _UNPACKED = "pack-quantized", {"int-quantized", "naive-quantized"}
_SCALES = {"F16", "BF16", "F32"}


def compressed_matrices(config: dict[str, Any], files: TensorFiles) -> dict[str, QuantizedMatrix]:
    """The quantized matrices by their names. Raises UnsupportedModel."""
    scheme = _read_scheme(config)
    suffix = ".weight_packed" if scheme.packed else ".weight"
    layers = [name.removesuffix(suffix) for name in files if name.endswith(suffix)]
    if not scheme.packed:
        layers = [layer for layer in layers if f"{layer}.weight_scale" in files]
    return {f"{layer}.weight": scheme.matrix(layer, files) for layer in layers}


@dataclass(slots=True, frozen=True)
class _Scheme:
    """How all quantized layers are stored."""

    packed: bool
    bits: int
    group: int  # weights; -1: a whole row
    symmetric: bool  # there are no zero points
    whole: bool  # the matrix has one scale

    def matrix(self, layer: str, files: TensorFiles) -> QuantizedMatrix:
        """The matrix of a layer. Raises UnsupportedModel unless its tensors fit."""
        in_number = 32 // self.bits
        if self.packed:
            require_parts(files, {f"{layer}.weight_shape": ([2], {"I64", "I32"})})
            n, k = map(int, files.load(f"{layer}.weight_shape"))
            parts = {f"{layer}.weight_packed": ([n, -(-k // in_number)], {"I32"})}
        else:
            n, k = files.shape(f"{layer}.weight")
            parts = {f"{layer}.weight": ([n, k], {"I8"})}
        group = group_size(self.group, k, layer)
        groups = [1] if self.whole else [n, k // group]
        parts[f"{layer}.weight_scale"] = groups, _SCALES
        if not self.symmetric:
            zeros = [-(-n // in_number), k // group], {"I32"}
            parts[f"{layer}.weight_zero_point"] = zeros if self.packed else (groups, {"I8"})
        require_parts(files, parts)
        if f"{layer}.weight_g_idx" in files:
            raise UnsupportedModel(f"{layer}: groups in the order of activations are not read here")
        names = (*parts, *([f"{layer}.weight_shape"] if self.packed else []))
        unused = f"{layer}.weight_zero_point"  # of a symmetric scheme: zeros, if it is there at all
        names += (unused,) if self.symmetric and unused in files else ()
        return QuantizedMatrix([n, k], names, lambda: self._load(layer, n, k, group, files))

    def _load(self, layer: str, n: int, k: int, group: int, files: TensorFiles) -> GroupMatrix:
        middle = 1 << (self.bits - 1)
        scales = files.load(f"{layer}.weight_scale").float()
        zeros = torch.full((n, k // group), middle, dtype=torch.uint8)
        if not self.symmetric:
            stored = files.load(f"{layer}.weight_zero_point")
            zeros = unpack_rows(stored, self.bits)[:n].contiguous() if self.packed else self._unsigned(stored)
        if self.packed:
            codes = unpack_columns(files.load(f"{layer}.weight_packed"), self.bits)[:, :k].contiguous()
        else:
            codes = self._unsigned(files.load(f"{layer}.weight"))
        if self.bits == 4 and codes.numel() and int(codes.max()) > 15:
            raise UnsupportedModel(f"{layer}.weight has numbers of more than 4 bits")
        shape = (n, k // group)
        return GroupMatrix(
            codes=codes,
            scales=scales.expand(shape).contiguous(),
            zeros=zeros.expand(shape).contiguous(),
            group=group,
            bits=self.bits,
        )

    def _unsigned(self, stored: Tensor) -> Tensor:
        """Signed numbers of int8 as codes."""
        return (stored.short() + (1 << (self.bits - 1))).to(torch.uint8)


def _read_scheme(config: dict[str, Any]) -> _Scheme:
    """The one scheme of the checkpoint. Raises UnsupportedModel."""
    for field in ("transform_config", "kv_cache_scheme"):
        if config.get(field):
            raise UnsupportedModel(f"compressed-tensors with {field} is not read here")
    if (config.get("sparsity_config") or {}).get("format", "dense") != "dense":
        raise UnsupportedModel("compressed-tensors with sparse weights is not read here")
    form = config.get("format")
    if form != _PACKED and form not in _UNPACKED:
        raise UnsupportedModel(f"compressed-tensors in the format {form!r} is not read here")
    groups = list((config.get("config_groups") or {}).values())
    if not groups or any(each.get("weights") != groups[0].get("weights") for each in groups):
        raise UnsupportedModel("compressed-tensors with several schemes is not read here")
    for group in groups:
        inputs = group.get("input_activations") or {}
        if group.get("output_activations") or (inputs and not inputs.get("dynamic")):
            raise UnsupportedModel("compressed-tensors with activations of fixed scales is not read here")
        if inputs and (inputs.get("type"), inputs.get("num_bits")) != ("int", 8):
            raise UnsupportedModel("compressed-tensors with activations that are not int8 is not read here")
    weights = groups[0].get("weights") or {}
    bits, strategy = weights.get("num_bits"), weights.get("strategy")
    if weights.get("type", "int") != "int" or bits not in (4, 8) or strategy not in ("tensor", "channel", "group"):
        raise UnsupportedModel(
            f"compressed-tensors with {weights.get('type')} weights of {bits} bits by {strategy} is not read here"
        )
    if weights.get("dynamic") or weights.get("actorder") not in (None, "weight", "static", False):
        raise UnsupportedModel("compressed-tensors with groups in the order of activations is not read here")
    group_size_field = weights.get("group_size") if strategy == "group" else -1
    if not isinstance(group_size_field, int):
        raise UnsupportedModel("compressed-tensors has groups of weights without their size")
    symmetric = bool(weights.get("symmetric", True))
    return _Scheme(form == _PACKED, bits, group_size_field, symmetric, strategy == "tensor")
