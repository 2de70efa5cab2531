"""Matrices that keep the bytes of a GGUF file, in a directory that ``model_store.convert`` wrote.

``quantization_config`` has ggml's name of each tensor's format under ``types``. The tensor is uint8 [n, bytes of a
row].
"""

from functools import partial
from typing import Any

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import BlockFormat, BlockMatrix
from service.models.quantized.quantized_matrix import QuantizedMatrix, require_parts
from service.models.tensor_files import TensorFiles


def block_matrices(config: dict[str, Any], files: TensorFiles) -> dict[str, QuantizedMatrix]:
    """The quantized matrices by their names. Raises UnsupportedModel."""
    types = config.get("types")
    if not isinstance(types, dict):
        raise UnsupportedModel("the quantization_config of a GGUF model has no types")
    return {name: _matrix(name, kind, files) for name, kind in types.items()}


def _matrix(name: str, kind: Any, files: TensorFiles) -> QuantizedMatrix:
    if kind not in BlockFormat.__members__:
        raise UnsupportedModel(f"{name} is stored as {kind}, which is not read here")
    block_format = BlockFormat[kind]
    shape = files.shape(name) if name in files else [0, 0]
    require_parts(files, {name: (shape, {"U8"})})
    if len(shape) != 2 or shape[1] % block_format.block_bytes:
        raise UnsupportedModel(f"{name} has the shape {shape}, which is no matrix of {kind} blocks")
    columns = shape[1] // block_format.block_bytes * block_format.block_weights
    return QuantizedMatrix([shape[0], columns], (name,), partial(_load, name, block_format, files))


def _load(name: str, block_format: BlockFormat, files: TensorFiles) -> BlockMatrix:
    return BlockMatrix(block_format, files.load(name))
