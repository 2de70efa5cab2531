"""Plain models on disk, and changes to their ``config.json``."""

import json
from pathlib import Path
from typing import Any

from tests.engine.tiny_models import NATIVE_SHAPE, build_model, save_model

LINEAR = {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 48,
}
LAYER_TYPES = ["full_attention", "sliding_attention", "full_attention"]


def write_model(path: Path, family: str = "llama", **overrides: Any) -> Path:
    """Write a tiny model of ``family`` that the native kernels compute into ``path``, and return the path."""
    save_model(build_model(family, **(NATIVE_SHAPE | overrides)), path)
    return path


def change_config(path: Path, **changes: Any) -> None:
    """Change fields of ``config.json``; ``...`` removes a field."""
    file = path / "config.json"
    fields = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({name: value for name, value in fields.items() if value is not ...}))
