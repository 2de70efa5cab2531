"""The weights of a plain model: safetensors files, mapped into memory.

Names, shapes and number types are checked when the checkpoint is opened, before any tensor is read. So a checkpoint
that needs transformers is recognized before anything is packed.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import Tensor

from service.errors import UnsupportedModel
from service.models.contracts.stored_matrix import StoredMatrix
from service.models.plain.errors import NeedsTransformers
from service.models.plain_configs.plain_config import EMBEDDINGS, HEAD, PlainConfig
from service.models.quantized.quantized_checkpoint import QuantizedCheckpoint
from service.models.tensor_files import TensorFiles

_DTYPES = {"F32", "F16", "BF16"}


class PlainCheckpoint:
    """Loads the tensors that ``config`` names, converted to ``dtype``. Quantized matrices stay as they are stored."""

    def __init__(self, directory: Path, config: PlainConfig, dtype: torch.dtype) -> None:
        """Raises NeedsTransformers unless every tensor is there, in the right shape and with a known number type."""
        self._dtype = dtype
        self._names: dict[str, str] = {}  # the name in the configuration -> the name in the files
        if (directory / "adapter_config.json").exists():
            raise NeedsTransformers("there is an adapter")
        try:
            self._files = TensorFiles(directory)
            self.quantized: QuantizedCheckpoint | None = None
            if config.quantization_config is not None:
                self.quantized = QuantizedCheckpoint(config.quantization_config, self._files)
            for name, shape in config.weights():
                self._names[name] = EMBEDDINGS if self._is_tied(name, config) else name
                self._require(self._names[name], shape)
        except KeyError as error:
            raise NeedsTransformers(f"there is no {error}") from error
        except (OSError, ValueError, TypeError, AttributeError, SafetensorError, UnsupportedModel) as error:
            raise NeedsTransformers(f"the weights cannot be read: {error}") from error

    def load_tensor(self, name: str) -> Tensor | StoredMatrix | None:
        """The tensor ``name``; None if the configuration has no such tensor.

        The vectors beside quantized matrices are not rounded to ``dtype``. Raises UnsupportedModel if a quantized
        matrix has content that is not read exactly.
        """
        if name not in self._names:
            return None
        name = self._names[name]
        if self.quantized is None:
            return self._files.load(name).to(self._dtype)
        tensor = self.quantized.load(name)
        assert tensor is not None
        return tensor.to(self._dtype) if isinstance(tensor, Tensor) and tensor.dim() > 1 else tensor

    def _is_tied(self, name: str, config: PlainConfig) -> bool:
        """Whether the embeddings stand for the head ``name``, which the files lack."""
        if name != HEAD or not config.tie_word_embeddings or name in self._files:
            return False
        return self.quantized is None or name not in self.quantized.matrices

    def _require(self, name: str, shape: list[int]) -> None:
        """Raises NeedsTransformers unless the tensor has this shape and a known number type; KeyError if it lacks."""
        if self.quantized is not None and name in self.quantized.matrices:
            found, kind = self.quantized.matrices[name].shape, "quantized"
        else:
            found, kind = self._files.shape(name), self._files.number_type(name)
        if found != shape or kind not in {"quantized", *_DTYPES}:
            raise NeedsTransformers(f"{name} is {kind} {found}")
