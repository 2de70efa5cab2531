"""A quantized checkpoint as a whole: which matrices are quantized, and all tensors in one number type for torch."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import StoredMatrix
from service.models.quantized.awq import awq_matrices
from service.models.quantized.compressed_tensors import compressed_matrices
from service.models.quantized.gguf_blocks import block_matrices
from service.models.quantized.gptq import gptq_matrices
from service.models.quantized.quantized_matrix import QuantizedMatrix
from service.models.tensor_files import TensorFiles

_READERS: dict[str, Callable[[dict[str, Any], TensorFiles], dict[str, QuantizedMatrix]]] = {
    "awq": awq_matrices,
    "compressed-tensors": compressed_matrices,
    "gguf": block_matrices,
    "gptq": gptq_matrices,
}


class QuantizedCheckpoint:
    """The matrices of ``files`` that are quantized as ``config``, the ``quantization_config``, says.

    A matrix has the name that it has in an unquantized checkpoint, "... .weight".
    """

    def __init__(self, config: Any, files: TensorFiles) -> None:
        """Raises UnsupportedModel for a format that is not read here, before any matrix is read."""
        method = config.get("quant_method") if isinstance(config, dict) else None
        if method not in _READERS:
            known = ", ".join(_READERS)
            raise UnsupportedModel(f"it is a quantized checkpoint of {method}; only those of {known} are read here")
        try:
            self.matrices = _READERS[method](config, files)
        except (AttributeError, TypeError, ValueError) as error:
            raise UnsupportedModel(f"its quantization_config is not understood: {error}") from error
        if not self.matrices:
            raise UnsupportedModel(f"the files have no matrix that {method} quantized")
        self._files = files

    def load(self, name: str) -> Tensor | StoredMatrix | None:
        """A tensor as it is stored; None if there is none. Raises UnsupportedModel."""
        if name in self.matrices:
            return self.matrices[name].load()
        return self._files.load(name) if name in self._files else None

    def dequantized(self, dtype: torch.dtype) -> dict[str, Tensor]:
        """All tensors by their names, in ``dtype``. Raises UnsupportedModel."""
        parts = {part for matrix in self.matrices.values() for part in matrix.parts}
        tensors = {name: self._files.load(name) for name in self._files if name not in parts}
        whole = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
        return whole | {name: matrix.load().dequantize(dtype) for name, matrix in self.matrices.items()}
