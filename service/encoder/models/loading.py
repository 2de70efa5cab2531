"""Loads a transformers module of an encoder checkpoint. Code from the checkpoint is never run."""

from collections.abc import Collection
from typing import Any

import torch

from service.errors import UnsupportedModel
from service.models.hardware import find_dtype
from service.models.hf.checkpoint import read_config, read_weights


def load_module(auto_class: Any, path: str, dtype: str, device: torch.device, *, unused: Collection[str] = ()) -> Any:
    """The module that ``auto_class`` makes of the checkpoint, on ``device``.

    Weights whose names begin with one of ``unused`` may be missing. Raises UnsupportedModel.
    """
    config = read_config(path)
    if config.is_encoder_decoder:
        raise UnsupportedModel(f"{config.model_type} is an encoder-decoder model, not an encoder")
    if getattr(config, "quantization_config", None) is not None:
        raise UnsupportedModel(f"{config.model_type} is a quantized checkpoint; an encoder is not quantized")
    chosen = find_dtype(dtype, getattr(config, "dtype", None) or torch.float32, device)
    module, missing = read_weights(auto_class, path, config, chosen)
    missing = [name for name in missing if not name.startswith(tuple(unused))]
    if missing:
        names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise UnsupportedModel(f"{path} holds no {type(module).__name__}: it lacks {names}")
    return module.to(device).eval().requires_grad_(False)
