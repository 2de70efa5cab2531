"""The weights of a plain configuration in safetensors files, mapped into memory.

All that can be known without reading a tensor is looked at when it is opened, so that nothing is left half done.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from service.models.plain.config import EMBEDDINGS, HEAD, NeedsTransformers, PlainConfig

_WHOLE, _INDEX = "model.safetensors", "model.safetensors.index.json"
_DTYPES = {"F32", "F16", "BF16"}


class PlainCheckpoint:
    """Gives every tensor that ``config`` speaks of, as ``dtype``."""

    def __init__(self, directory: Path, config: PlainConfig, dtype: torch.dtype) -> None:
        """Raises NeedsTransformers unless all of them are there, in the right shape."""
        self._dtype = dtype
        self._names: dict[str, str] = {}  # what is asked for -> what it is called in the files
        try:
            self._files = _open(directory)
            for name, shape in config.weights():
                tied = name == HEAD and config.tie_word_embeddings and name not in self._files
                self._names[name] = EMBEDDINGS if tied else name
                found = self._files[self._names[name]].get_slice(self._names[name])
                if found.get_shape() != shape or found.get_dtype() not in _DTYPES:
                    raise NeedsTransformers(f"{name} is {found.get_dtype()} {found.get_shape()}")
        except KeyError as error:
            raise NeedsTransformers(f"there is no {error}") from error
        except (OSError, ValueError, TypeError, AttributeError, SafetensorError) as error:
            raise NeedsTransformers(f"the weights cannot be read: {error}") from error

    def load_tensor(self, name: str) -> Tensor | None:
        """The tensor of that name; None if the configuration knows of none."""
        if name not in self._names:
            return None
        name = self._names[name]
        tensor: Tensor = self._files[name].get_tensor(name)
        return tensor.to(self._dtype)


def _open(directory: Path) -> dict[str, Any]:
    """The file of every tensor."""
    if (directory / "adapter_config.json").exists():
        raise NeedsTransformers("there is an adapter")
    names = {_WHOLE}
    if not (directory / _WHOLE).exists():
        names = set(json.loads((directory / _INDEX).read_bytes())["weight_map"].values())
    files: dict[str, Any] = {}
    for name in names:
        file: Any = safe_open(directory / name, framework="pt")
        for tensor in file.keys():  # noqa: SIM118 - it is no mapping
            if tensor in files:
                raise NeedsTransformers(f"{tensor} is there twice")
            files[tensor] = file
    return files
