"""The weights of a plain model: safetensors files, mapped into memory.

Names, shapes and number types are checked when the checkpoint is opened, before any tensor is read. So a checkpoint
that needs transformers is recognized before anything is packed.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from service.models.plain.errors import NeedsTransformers
from service.models.plain_configs.plain_config import EMBEDDINGS, HEAD, PlainConfig

_SINGLE_FILE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_DTYPES = {"F32", "F16", "BF16"}


class PlainCheckpoint:
    """Loads the tensors that ``config`` names, converted to ``dtype``."""

    def __init__(self, directory: Path, config: PlainConfig, dtype: torch.dtype) -> None:
        """Raises NeedsTransformers unless every tensor is there, in the right shape and with a known number type."""
        self._dtype = dtype
        self._names: dict[str, str] = {}  # the name in the configuration -> the name in the files
        try:
            self._files = _open_files(directory)
            for name, shape in config.weights():
                tied = name == HEAD and config.tie_word_embeddings and name not in self._files
                self._names[name] = EMBEDDINGS if tied else name
                stored = self._files[self._names[name]].get_slice(self._names[name])
                if stored.get_shape() != shape or stored.get_dtype() not in _DTYPES:
                    raise NeedsTransformers(f"{name} is {stored.get_dtype()} {stored.get_shape()}")
        except KeyError as error:
            raise NeedsTransformers(f"there is no {error}") from error
        except (OSError, ValueError, TypeError, AttributeError, SafetensorError) as error:
            raise NeedsTransformers(f"the weights cannot be read: {error}") from error

    def load_tensor(self, name: str) -> Tensor | None:
        """The tensor ``name`` as ``dtype``; None if the configuration has no such tensor."""
        if name not in self._names:
            return None
        name = self._names[name]
        tensor: Tensor = self._files[name].get_tensor(name)
        return tensor.to(self._dtype)


def _open_files(directory: Path) -> dict[str, Any]:
    """The open file of every tensor, by the tensor's name.

    Raises NeedsTransformers, or the error of a file that cannot be read.
    """
    if (directory / "adapter_config.json").exists():
        raise NeedsTransformers("there is an adapter")
    names = {_SINGLE_FILE}
    if not (directory / _SINGLE_FILE).exists():
        names = set(json.loads((directory / _INDEX).read_bytes())["weight_map"].values())
    files: dict[str, Any] = {}
    for name in names:
        file: Any = safe_open(directory / name, framework="pt")
        for tensor in file.keys():  # noqa: SIM118 - safe_open gives no mapping
            if tensor in files:
                raise NeedsTransformers(f"{tensor} is in two files")
            files[tensor] = file
    return files
