"""Random adapters in peft's format, written without peft."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from service.models.contracts.lora import LinearShape

PREFIX = "base_model.model."


def write_adapter(
    path: Path,
    linears: Mapping[str, LinearShape],
    *,
    rank: int = 4,
    seed: int = 0,
    tensors: Mapping[str, Tensor | None] | None = None,
    **config: Any,
) -> Path:
    """An adapter that changes ``linears``, in the directory ``path``.

    ``config`` are further fields of adapter_config.json. ``tensors`` are written too, or left out if they are None.
    """
    fields = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": rank,
        "lora_alpha": rank,
        "target_modules": [*linears],
    }
    path.mkdir(parents=True, exist_ok=True)
    (path / "adapter_config.json").write_text(json.dumps(fields | config))
    generator = torch.Generator().manual_seed(seed)
    weights: dict[str, Tensor | None] = {}
    for name, shape in linears.items():
        a = torch.randn(rank, shape.inputs, generator=generator) * shape.inputs**-0.5
        b = torch.randn(shape.outputs, rank, generator=generator) * rank**-0.5
        weights |= {f"{PREFIX}{name}.lora_A.weight": a, f"{PREFIX}{name}.lora_B.weight": b}
    weights |= tensors or {}
    kept = {name: tensor for name, tensor in weights.items() if tensor is not None}
    save_file(kept, path / "adapter_model.safetensors")
    return path
