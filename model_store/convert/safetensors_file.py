"""Writes a safetensors file tensor by tensor, so that a model larger than memory can be written.

The ``safetensors`` package needs all tensors at once. Format: https://huggingface.co/docs/safetensors, 8 bytes (the
length of the header), a JSON header with every tensor's place, then the tensors without gaps.
"""

import json
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model_store.transfer.download import require_space
from model_store.transfer.progress import track


class NumberType(StrEnum):
    """The number types that are written, under transformers' names. The bytes of packed weights are numbers too."""

    FLOAT32 = "float32"
    FLOAT16 = "float16"
    BFLOAT16 = "bfloat16"
    BYTE = "uint8"

    @property
    def size(self) -> int:
        """Bytes of a number."""
        return _SIZES[self]

    def convert(self, values: NDArray[Any]) -> bytes:
        """The nearest numbers of this type."""
        return (bfloat16(values) if self is NumberType.BFLOAT16 else values.astype(self.value)).tobytes()


_SIZES = {NumberType.FLOAT32: 4, NumberType.FLOAT16: 2, NumberType.BFLOAT16: 2, NumberType.BYTE: 1}
_HEADER_NAMES = {
    NumberType.FLOAT32: "F32",
    NumberType.FLOAT16: "F16",
    NumberType.BFLOAT16: "BF16",
    NumberType.BYTE: "U8",
}


@dataclass(frozen=True, slots=True)
class PlannedTensor:
    """A tensor to write. ``chunks`` gives its values in order, in arrays of any shape: float32, or packed bytes."""

    name: str
    shape: Sequence[int]
    chunks: Callable[[], Iterable[NDArray[Any]]]
    type: NumberType = NumberType.BFLOAT16
    block_type: str = ""  # ggml's name of the type of packed weights

    @property
    def size(self) -> int:
        """Bytes."""
        return self.type.size * prod(self.shape)


def write(path: Path, tensors: Sequence[PlannedTensor], title: str) -> None:
    """Write ``tensors`` to ``path``; never holds more than one chunk. Raises NotEnoughSpace."""
    head: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for tensor in tensors:
        head[tensor.name] = {
            "dtype": _HEADER_NAMES[tensor.type],
            "shape": tensor.shape,
            "data_offsets": [end, end + tensor.size],
        }
        end += tensor.size
    encoded = json.dumps(head, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % 8)  # readers map the file, so tensors begin at a multiple of 8
    require_space(path.parent, 8 + len(encoded) + end)
    with path.open("wb") as file, track(title, end) as task:
        start = file.write(struct.pack("<Q", len(encoded)) + encoded)
        for tensor in tensors:
            for chunk in tensor.chunks():
                file.write(tensor.type.convert(chunk))
                task.update(file.tell() - start)
        assert file.tell() == start + end


def bfloat16(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    """The nearest bfloat16 of each finite float32, ties to even, as its 16 bits."""
    bits = np.ascontiguousarray(values).view(np.uint32)
    return ((bits + (0x7FFF + ((bits >> 16) & 1))) >> 16).astype(np.uint16)
