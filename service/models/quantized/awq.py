"""AWQ checkpoints in the order of its GEMM kernels, 4 bits (https://arxiv.org/abs/2306.00978, AutoAWQ's files).

A linear layer of k inputs and n outputs has ``qweight`` int32 [k, n / 8], ``qzeros`` int32 [k / group, n / 8] and
``scales`` [k / group, n]. Each int32 holds eight outputs, in an interleaved order.
"""

from functools import partial
from typing import Any

from torch import Tensor

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import GroupMatrix
from service.models.quantized.packed_integers import unpack_columns
from service.models.quantized.quantized_matrix import QuantizedMatrix, group_size, require_parts
from service.models.tensor_files import TensorFiles

_BITS = 4
_PLACES = [0, 4, 1, 5, 2, 6, 3, 7]  # of outputs 0 to 7 among the eight numbers of an int32, from the lowest bits on
_FIELDS = {"bits": _BITS, "zero_point": True, "version": "gemm"}  # the values that are read


def awq_matrices(config: dict[str, Any], files: TensorFiles) -> dict[str, QuantizedMatrix]:
    """The quantized matrices by their names. Raises UnsupportedModel."""
    for field, value in _FIELDS.items():
        found = config.get(field, value)
        if (found.lower() if isinstance(found, str) else found) != value:
            raise UnsupportedModel(f"AWQ with {field} = {found!r} is not read here, only {value!r}")
    configured = config.get("group_size", 128)
    layers = [name.removesuffix(".qweight") for name in files if name.endswith(".qweight")]
    return {f"{layer}.weight": _matrix(layer, configured, files) for layer in layers}


def _matrix(layer: str, configured: int, files: TensorFiles) -> QuantizedMatrix:
    names = tuple(f"{layer}.{part}" for part in ("qweight", "qzeros", "scales"))
    k, packed = files.shape(names[0])
    group = group_size(configured, k, layer)
    expected = [[k, packed], [k // group, packed], [k // group, packed * 32 // _BITS]]
    kinds = [{"I32"}, {"I32"}, {"F16", "BF16", "F32"}]
    require_parts(files, dict(zip(names, zip(expected, kinds, strict=True), strict=True)))
    return QuantizedMatrix([packed * 32 // _BITS, k], names, partial(_load, names, group, files))


def _load(names: tuple[str, ...], group: int, files: TensorFiles) -> GroupMatrix:
    codes, zeros, scales = (files.load(name) for name in names)
    return GroupMatrix(
        codes=_in_order(codes).T.contiguous(),
        scales=scales.float().T.contiguous(),
        zeros=_in_order(zeros).T.contiguous(),
        group=group,
        bits=_BITS,
    )


def _in_order(packed: Tensor) -> Tensor:
    """uint8 [rows, n] of int32 [rows, n / 8]: the outputs in their order."""
    return unpack_columns(packed, _BITS).view(len(packed), -1, 8)[:, :, _PLACES].flatten(1)
