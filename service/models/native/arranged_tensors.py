"""Tensors as the kernels want them: rows of a matrix that the model has fused, and transposed matrices."""

from collections import Counter
from collections.abc import Iterable

import torch
from torch import Tensor

from service.models.contracts.decoder_layout import LinearPart, Rows
from service.models.contracts.stored_matrix import StoredMatrix
from service.models.native.matrices import AnyMatrix, with_rows
from service.models.native.packer import LoadTensor


def select_rows(tensor: Tensor, rows: Rows | None) -> Tensor:
    """The ``rows`` of ``tensor`` [outputs, ...]."""
    if rows is None:
        return tensor
    return tensor.view(-1, rows.period, *tensor.shape[1:])[:, rows.begin : rows.end].flatten(0, 1)


def _names(matrix: LinearPart) -> tuple[str, str]:
    return matrix.tensor("weight"), matrix.tensor("bias")


class ArrangedTensors:
    """Loads each tensor of the model once, also where it holds several matrices, and cuts it into them.

    A tensor of a matrix has the name ``LinearPart.key`` with ``.weight`` or ``.bias``; all others have their own names.
    """

    def __init__(self, load_tensor: LoadTensor, matrices: Iterable[LinearPart], dtype: torch.dtype) -> None:
        """Quantized matrices that are transposed are dequantized to ``dtype``."""
        self._load_tensor = load_tensor
        self._dtype = dtype
        self._arranged = {matrix.key: matrix for matrix in matrices if matrix.key != matrix.name}
        self._left = Counter(matrix.name for matrix in self._arranged.values())  # matrices of each name still to load
        self._whole: dict[str, AnyMatrix | None] = {}  # tensors of which matrices are still to be loaded

    def load_tensor(self, name: str) -> AnyMatrix | None:
        """The tensor ``name``; None if the model has none. The biases of a matrix come after its weights."""
        key, _, leaf = name.rpartition(".")
        matrix = self._arranged.get(key)
        if matrix is None:
            return self._load_tensor(name)
        whole_name = matrix.tensor(leaf)
        if whole_name not in self._whole:
            self._whole[whole_name] = self._load_tensor(whole_name)
        whole = self._whole[whole_name]
        if leaf == "bias":
            self._left[matrix.name] -= 1
            if not self._left[matrix.name]:
                self._whole = {name: each for name, each in self._whole.items() if name not in _names(matrix)}
        if whole is None:
            return None
        if isinstance(whole, StoredMatrix) and (matrix.expert is not None or matrix.transposed):
            whole = whole.dequantize(self._dtype)
        if isinstance(whole, Tensor):
            whole = whole if matrix.expert is None else whole[matrix.expert]
            whole = whole.T.contiguous() if matrix.transposed and leaf == "weight" else whole
        return with_rows(whole, lambda tensor: select_rows(tensor, matrix.rows).contiguous())
