"""Adapters with random weights, in peft's format, for the linear layers of a model on disk."""

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save_file

_LINEARS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_SPREAD = 0.01  # small numbers, so that texts of the adapters resemble those of the model


def write_adapters(model: Path, directory: Path, count: int, rank: int) -> dict[str, Path]:
    """``count`` adapters of all linear layers in new directories, by name. Raises ValueError if there is no such layer.

    ``model`` is the directory of a Llama-like model.
    """
    shapes = dict(_linear_shapes(model))
    if not shapes:
        raise ValueError(f"{model} has no linear layers with the names of a Llama-like model")
    paths = {f"adapter-{number}": directory / f"adapter-{number}" for number in range(count)}
    for seed, path in enumerate(paths.values()):
        _write_adapter(path, shapes, rank, seed)
    return paths


def _linear_shapes(model: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """The names of the linear layers, and their outputs and inputs."""
    for file in sorted(model.glob("*.safetensors")):
        with safe_open(file, framework="pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - safe_open gives no mapping
                module, _, leaf = name.rpartition(".")
                if leaf == "weight" and module.endswith(_LINEARS):
                    outputs, inputs = tensors.get_slice(name).get_shape()
                    yield module, (outputs, inputs)


def _write_adapter(path: Path, shapes: dict[str, tuple[int, int]], rank: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    tensors = {}
    for name, (outputs, inputs) in shapes.items():
        for matrix, size in (("A", (rank, inputs)), ("B", (outputs, rank))):
            numbers = torch.randn(*size, generator=generator) * _SPREAD
            tensors[f"base_model.model.{name}.lora_{matrix}.weight"] = numbers
    path.mkdir(parents=True)
    save_file(tensors, path / "adapter_model.safetensors")
    config = {"peft_type": "LORA", "r": rank, "lora_alpha": rank, "target_modules": "all-linear"}
    (path / "adapter_config.json").write_text(json.dumps(config))
