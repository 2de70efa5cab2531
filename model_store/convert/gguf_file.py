"""A GGUF file: its metadata and its tensors, memory-mapped.

The ``gguf`` package's own reader makes an array of every string: ten seconds and half a gigabyte for a vocabulary of
150,000. This reader reads the header once, in order. ``gguf.quants`` dequantizes the tensors. Format:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, GGUFValueType
from gguf.quants import dequantize
from numpy.typing import NDArray

from model_store.convert.mapped_file import MappedFile
from model_store.errors import ModelRefused

_SCALARS = {
    GGUFValueType.UINT8: "B",
    GGUFValueType.INT8: "b",
    GGUFValueType.UINT16: "H",
    GGUFValueType.INT16: "h",
    GGUFValueType.UINT32: "I",
    GGUFValueType.INT32: "i",
    GGUFValueType.FLOAT32: "f",
    GGUFValueType.BOOL: "?",
    GGUFValueType.UINT64: "Q",
    GGUFValueType.INT64: "q",
    GGUFValueType.FLOAT64: "d",
}


@dataclass(frozen=True, slots=True)
class GgufTensor:
    """A tensor's place and packing. ``shape`` is in torch's order: the last dimension is contiguous."""

    name: str
    shape: tuple[int, ...]
    type: Any  # GGMLQuantizationType
    offset: int  # bytes, from the beginning of the file
    size: int  # bytes


class GgufFile(MappedFile):
    """An open GGUF file: a context manager. Tensors are valid until it closes."""

    def __init__(self, path: Path) -> None:
        """Raises ModelRefused if the file is not GGUF or was truncated."""
        with path.open("rb") as file:
            if file.read(4) != b"GGUF":
                raise ModelRefused(f"{path} is not a GGUF file")
        super().__init__(path)
        self._position = 4
        try:
            self.metadata, self.tensors = self._read_header()
        except (struct.error, UnicodeDecodeError, ValueError, KeyError) as error:
            self.close()
            raise ModelRefused(f"{path} is a GGUF file that cannot be read: {error}") from error

    def rows(self, tensor: GgufTensor, start: int = 0, stop: int | None = None) -> NDArray[np.float32]:
        """Rows [start, stop) of a matrix, or a whole vector, dequantized: float32, [rows, columns] or [columns]."""
        values = unpacked(self.packed(tensor)[start:stop], tensor)
        return values if len(tensor.shape) > 1 else values[0]

    def packed(self, tensor: GgufTensor) -> NDArray[np.uint8]:
        """The bytes of a tensor in the mapped file, [rows, bytes of a row]. A vector is one row."""
        rows = tensor.shape[0] if len(tensor.shape) > 1 else 1
        return np.frombuffer(self._map, np.uint8, tensor.size, tensor.offset).reshape(rows, -1)

    def _read_header(self) -> tuple[dict[str, Any], dict[str, GgufTensor]]:
        """The metadata and the tensors by name. Raises ValueError if the file is truncated or of another version."""
        version, tensor_count, value_count = self._unpack("IQQ")
        if version not in {2, 3}:
            raise ValueError(f"its version is {version}, not 2 or 3")
        metadata = {}
        for _ in range(value_count):
            name = self._read_string()
            metadata[name] = self._read_value(GGUFValueType(self._unpack("I")[0]))
        places = [self._read_place() for _ in range(tensor_count)]
        alignment = metadata.get("general.alignment", 32)
        data = -(-self._position // alignment) * alignment
        tensors = {}
        for name, shape, kind, offset in places:
            elements, size = GGML_QUANT_SIZES[kind]
            if shape[-1] % elements:
                raise ValueError(f"{name} has rows of {shape[-1]} values, packed by {elements}")
            tensors[name] = GgufTensor(name, shape, kind, data + offset, int(np.prod(shape)) // elements * size)
        end = max((tensor.offset + tensor.size for tensor in tensors.values()), default=data)
        if end > len(self._map):
            raise ValueError(f"it has {len(self._map)} bytes, its header describes {end}")
        return metadata, tensors

    def _read_place(self) -> tuple[str, tuple[int, ...], Any, int]:
        """The name, the shape, the type and the offset of the next tensor, from the beginning of the data."""
        name = self._read_string()
        dimensions = self._unpack("I")[0]
        if not 1 <= dimensions <= 4:
            raise ValueError(f"{name} has {dimensions} dimensions")
        shape = self._unpack("Q" * dimensions)[::-1]
        kind, offset = self._unpack("IQ")
        return name, shape, GGMLQuantizationType(kind), offset

    def _read_value(self, kind: Any) -> Any:
        if kind == GGUFValueType.STRING:
            return self._read_string()
        if kind == GGUFValueType.ARRAY:
            item, count = self._unpack("IQ")
            item = GGUFValueType(item)
            if item == GGUFValueType.STRING:
                return [self._read_string() for _ in range(count)]
            if count * struct.calcsize(_SCALARS[item]) > len(self._map):
                raise ValueError("an array is longer than the file")
            return list(self._unpack(f"{count}{_SCALARS[item]}"))
        return self._unpack(_SCALARS[kind])[0]

    def _read_string(self) -> str:
        (length,) = self._unpack("Q")
        text = self._map[self._position : self._position + length]
        if len(text) != length:
            raise ValueError("it ends within a string")
        self._position += length
        return text.decode("utf-8")


def unpacked(rows: NDArray[np.uint8], tensor: GgufTensor) -> NDArray[np.float32]:
    """The values of some packed rows of ``tensor``: float32 [rows, columns]. Raises ModelRefused for unknown types."""
    try:
        return np.array(dequantize(rows, tensor.type), np.float32)
    except NotImplementedError as error:
        raise ModelRefused(f"the GGUF file's {tensor.name} is packed as {tensor.type.name}: {error}") from error
