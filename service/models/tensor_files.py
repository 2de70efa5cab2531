"""The tensors of a checkpoint: safetensors files, mapped into memory.

The files close when the last tensor that was loaded from them, and the object itself, are gone. Pages that were read
count as memory of the process until then.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import safe_open
from torch import Tensor

_SINGLE_FILE, _INDEX = "model.safetensors", "model.safetensors.index.json"


class TensorFiles:
    """The open files of the checkpoint in a directory. Their headers are read, but no tensor."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError, ValueError or SafetensorError if the files cannot be read or hold a tensor twice."""
        names = {_SINGLE_FILE}
        if not (directory / _SINGLE_FILE).exists():
            names = _shards(json.loads((directory / _INDEX).read_bytes()))
        self._files: dict[str, Any] = {}  # the name of a tensor -> its file
        for name in sorted(names):
            file: Any = safe_open(directory / name, framework="pt")
            for tensor in file.keys():  # noqa: SIM118 - safe_open gives no mapping
                if tensor in self._files:
                    raise ValueError(f"{tensor} is in two files")
                self._files[tensor] = file

    def __contains__(self, name: object) -> bool:
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        """The names of all tensors."""
        return iter(self._files)

    def shape(self, name: str) -> list[int]:
        """The shape of a tensor. Raises KeyError if there is none of this name."""
        shape: list[int] = self._files[name].get_slice(name).get_shape()
        return shape

    def number_type(self, name: str) -> str:
        """The number type of a tensor, as safetensors calls it: F32, BF16, U8. Raises KeyError."""
        kind: str = self._files[name].get_slice(name).get_dtype()
        return kind

    def load(self, name: str) -> Tensor:
        """The tensor. Raises KeyError."""
        tensor: Tensor = self._files[name].get_tensor(name)
        return tensor


def _shards(index: Any) -> set[str]:
    """The names of the files that an index lists. Raises ValueError."""
    places = index.get("weight_map") if isinstance(index, Mapping) else None
    if not isinstance(places, Mapping) or not all(isinstance(name, str) for name in places.values()):
        raise ValueError(f"{_INDEX} has no weight_map")
    return set(places.values())
