"""The weights of an encoder-decoder: safetensors files, mapped into memory, under the names of its layout."""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from service.errors import UnsupportedModel, first_line
from service.models.tensor_files import TensorFiles


class Checkpoint:
    """Loads tensors, converted to ``dtype``."""

    def __init__(self, path: str, dtype: torch.dtype) -> None:
        """Raises UnsupportedModel if the files cannot be read."""
        self._path = path
        self.dtype = dtype
        try:
            self._files = TensorFiles(Path(path))
        except (OSError, ValueError, SafetensorError) as error:
            raise UnsupportedModel(f"the weights in {path} cannot be loaded: {first_line(error)}") from error

    def find(self, name: str, dtype: torch.dtype | None = None) -> Tensor | None:
        """The tensor, in another ``dtype`` if one is given; None if there is none of this name."""
        return self._files.load(name).to(dtype or self.dtype) if name in self._files else None

    def load(self, name: str, shape: Iterable[int] | None = None, dtype: torch.dtype | None = None) -> Tensor:
        """As ``find``. Raises UnsupportedModel if there is none of this name, or if its shape is not ``shape``."""
        tensor = self.find(name, dtype)
        if tensor is None:
            raise UnsupportedModel(f"the checkpoint in {self._path} is incomplete: it lacks {name}")
        if shape is not None and list(tensor.shape) != list(shape):
            raise UnsupportedModel(f"{name} has the shape {list(tensor.shape)} instead of {list(shape)}")
        return tensor

    def first_of(self, names: Iterable[str]) -> str:
        """The first of these modules whose weights exist. They stand for the same weights. Raises UnsupportedModel."""
        names = list(names)
        for name in names:
            if f"{name}.weight" in self._files:
                return name
        raise UnsupportedModel(f"the checkpoint in {self._path} is incomplete: it lacks {names[0]}.weight")
