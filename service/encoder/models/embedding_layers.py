"""The layers that follow the pooling in a checkpoint of sentence-transformers: Dense and Normalize."""

from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from service.encoder.models.sentence_transformers_files import DenseFiles, NormalizeFiles
from service.errors import UnsupportedModel


class NormalizeLayer(nn.Module):
    """Gives each vector the length 1."""

    def forward(self, vectors: Tensor) -> Tensor:
        return normalize(vectors, dim=1)


class DenseLayer(nn.Module):
    """A linear layer and its activation, in float32. The input may be added to the output."""

    def __init__(self, files: DenseFiles) -> None:
        """Read the weights. Raises UnsupportedModel."""
        super().__init__()
        shape = files.in_features, files.out_features
        self.linear = nn.Linear(*shape, bias=files.bias)
        self.activation: nn.Module = getattr(nn, files.activation)()
        self.residual: nn.Module | None = None
        if files.use_residual:
            self.residual = nn.Identity() if shape[0] == shape[1] else nn.Linear(*shape, bias=False)
        path = files.directory / "model.safetensors"
        try:
            self.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
        except (OSError, RuntimeError, SafetensorError) as error:
            raise UnsupportedModel(f"the weights of the Dense layer in {path} cannot be loaded: {error}") from error

    def forward(self, vectors: Tensor) -> Tensor:
        """[rows, out_features] from [rows, in_features]."""
        outputs: Tensor = self.activation(self.linear(vectors))
        return outputs if self.residual is None else outputs + self.residual(vectors)


def load_layer(files: DenseFiles | NormalizeFiles, device: torch.device) -> Any:
    """The layer that the files describe. Raises UnsupportedModel."""
    layer = DenseLayer(files) if isinstance(files, DenseFiles) else NormalizeLayer()
    return layer.to(device).eval().requires_grad_(False)
