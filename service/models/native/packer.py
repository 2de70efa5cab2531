"""Packs weights for the compiled kernels: matrices in panels of columns, vectors in float32.

The packer loads tensors one by one, by the names that they have in a checkpoint, and keeps only what it has packed. So
a model is never in memory twice.
"""

import ctypes
from collections.abc import Callable

import torch
from torch import Tensor

from service.models.contracts.stored_matrix import StoredMatrix
from service.models.native.structures import BF16, F16, F32, INT8, SPLIT, KernelLinear

# Returns the tensor with a given name, or None if the model has none. The source does not need the tensor afterwards.
# A matrix of a linear layer, the head or the embeddings may be quantized.
LoadTensor = Callable[[str], Tensor | StoredMatrix | None]

KINDS = {torch.float32: F32, torch.bfloat16: BF16, torch.float16: F16}
DTYPES = {F32: torch.float32, BF16: torch.bfloat16, F16: torch.float16, INT8: torch.int8, SPLIT: torch.bfloat16}


class Packer:
    """Packs the tensors that ``load_tensor`` returns. Addresses are valid as long as the tensors in ``tensors`` live.

    ``library`` holds the kernels. ``kind`` is the number type of packed linear layers: one of ``KINDS``, or ``INT8``.
    Quantized matrices are dequantized to ``dtype`` first.
    """

    def __init__(
        self, library: ctypes.CDLL, load_tensor: LoadTensor, *, kind: int, dtype: torch.dtype = torch.float32
    ) -> None:
        self._library = library
        self._panel = 2 * int(library.trivium_lanes())  # columns of a panel
        self._load_tensor = load_tensor
        self._kind = kind
        self._dtype = dtype
        self.tensors: list[Tensor] = []

    def pack_linear(
        self, *names: str, kind: int | None = None, gated: bool = False, activation: int = 0
    ) -> KernelLinear:
        """Pack several matrices with the same input as one. Two ``gated`` matrices alternate panel by panel.

        ``activation`` is the number of what is computed of the result, or of the first of two gated matrices.
        """
        kind = self._kind if kind is None else kind
        panel = self._panel
        weights = [self._load_existing(f"{name}.weight") for name in names]
        biases = [self._load_vector(f"{name}.bias") for name in names]
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
            activation=activation,
        )

    def copy_matrix(self, name: str) -> int:
        """The address of an unpacked copy of a matrix, of which single rows are read."""
        return self.address_of(self._load_existing(name).clone(memory_format=torch.contiguous_format))

    def copy_vector(self, name: str) -> int | None:
        """The address of a float32 copy of a vector; None if the model has no such vector."""
        vector = self.load_vector(name)
        return None if vector is None else self.address_of(vector)

    def address_of(self, tensor: Tensor) -> int:
        """The address of ``tensor``, which is kept alive in ``tensors``."""
        self.tensors.append(tensor)
        return tensor.data_ptr()

    def load_vector(self, name: str) -> Tensor | None:
        """A vector as float32; None if the model has no such vector."""
        tensor = self._load_vector(name)
        return None if tensor is None else tensor.to(torch.float32, copy=True)

    def _load_vector(self, name: str) -> Tensor | None:
        tensor = self._load_tensor(name)
        assert not isinstance(tensor, StoredMatrix), f"{name} is no vector"
        return tensor

    def _load_existing(self, name: str) -> Tensor:
        tensor = self._load_tensor(name)
        assert tensor is not None, f"the model has no tensor {name}"
        return tensor.dequantize(self._dtype) if isinstance(tensor, StoredMatrix) else tensor


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
