"""How a checkpoint stores its weights: their number type, and whether they are quantized."""

import json
from collections import Counter
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open

_DTYPES = {"F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16}


def is_quantized(directory: Path) -> bool:
    """Whether ``config.json`` says that matrices are quantized. False if it cannot be read: the loaders say why."""
    try:
        config = json.loads((directory / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and "quantization_config" in config


def stored_dtype(directory: Path) -> torch.dtype | None:
    """The type of most numbers in the files; None if none can be read. ``config.json`` need not name the type."""
    counts: Counter[torch.dtype] = Counter()
    try:
        for path in directory.glob("model*.safetensors"):
            file: Any = safe_open(path, framework="pt")
            for name in file.keys():  # noqa: SIM118 - safe_open gives no mapping
                part = file.get_slice(name)
                if part.get_dtype() in _DTYPES:
                    counts[_DTYPES[part.get_dtype()]] += prod(part.get_shape())
    except (OSError, SafetensorError):
        return None  # the loaders say what is wrong with the files
    return max(counts, key=lambda dtype: counts[dtype], default=None)
