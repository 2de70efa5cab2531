"""Reads an adapter from its directory, and checks it against the model."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from service.errors import UnsupportedAdapter, first_line
from service.models.contracts.lora import LinearShape, LoraAdapter, LowRankUpdate
from service.models.lora.adapter_config import read_adapter_config
from service.models.lora.targets import Target, find_targets

_CONFIG, _WEIGHTS, _PICKLED = "adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"
_DTYPES = {"F32", "F16", "BF16"}


def read_adapter(directory: Path, linears: Mapping[str, LinearShape]) -> LoraAdapter:
    """The adapter in ``directory``, for a model with these linear layers. Its tensors are float32.

    Raises UnsupportedAdapter if a field, a tensor or a shape is not exactly what the model needs. No tensor is read
    before all are checked.
    """
    targets = find_targets(read_adapter_config(directory / _CONFIG), linears)
    path = directory / _WEIGHTS
    if not path.is_file():
        reason = ": pickled weights are never read" if (directory / _PICKLED).exists() else ""
        raise UnsupportedAdapter(f"{directory} has no {_WEIGHTS}{reason}")
    try:
        with safe_open(path, framework="pt") as file:
            _check(file, targets, linears)
            return LoraAdapter({target.name: _read_update(file, target) for target in targets})
    except (OSError, SafetensorError) as error:
        raise UnsupportedAdapter(f"{_WEIGHTS} cannot be read: {first_line(error)}") from None


def _names(target: Target) -> tuple[str, str]:
    """The names of A and B in the file."""
    return f"base_model.model.{target.name}.lora_A.weight", f"base_model.model.{target.name}.lora_B.weight"


def _expected_shapes(targets: list[Target], linears: Mapping[str, LinearShape]) -> Iterator[tuple[str, list[int]]]:
    for target in targets:
        a, b = _names(target)
        yield a, [target.rank, linears[target.name].inputs]
        yield b, [linears[target.name].outputs, target.rank]


def _check(file: Any, targets: list[Target], linears: Mapping[str, LinearShape]) -> None:
    """Raises UnsupportedAdapter unless the file has exactly the tensors of ``targets``, in the right shapes."""
    found = set(file.keys())
    for name, shape in _expected_shapes(targets, linears):
        if name not in found:
            raise UnsupportedAdapter(f"{_WEIGHTS} has no tensor {name}, which adapter_config.json asks for")
        found.remove(name)
        stored = file.get_slice(name)
        if stored.get_shape() != shape:
            raise UnsupportedAdapter(f"{name} has the shape {stored.get_shape()}, and the model needs {shape}")
        if stored.get_dtype() not in _DTYPES:
            raise UnsupportedAdapter(f"{name} has the number type {stored.get_dtype()}")
    if found:
        raise UnsupportedAdapter(f"{_WEIGHTS} has the tensor {min(found)[:200]}, which changes no known linear layer")


def _read_update(file: Any, target: Target) -> LowRankUpdate:
    a, b = (_read_tensor(file, name) for name in _names(target))
    return LowRankUpdate(a, b, target.scaling)


def _read_tensor(file: Any, name: str) -> Tensor:
    tensor: Tensor = file.get_tensor(name).to(torch.float32)
    if not tensor.isfinite().all():
        raise UnsupportedAdapter(f"{name} has numbers that are not finite")
    return tensor
