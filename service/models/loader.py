"""Loads a model from a directory of safetensors. There are three loaders, and all are needed.

``encoder_decoder.loader`` reads models that have an encoder. The other two read models that only continue text.
``plain.loader`` reads plain models for the native kernels without importing transformers, because that import takes
longer than the rest of the start, and the service must start within 5 seconds. ``hf.loader`` reads every other model
with transformers. Everything that the plain loader does not recognize, errors included, is left to it, so one place
describes what is wrong with a model. Tests compare the two bit by bit.
"""

import json
import logging
from pathlib import Path

import torch

from service.models.contracts.model_config import ModelConfig
from service.models.loaded_model import LoadedModel
from service.models.plain import loader as plain_loader
from service.models.plain.errors import NeedsTransformers

logger = logging.getLogger(__name__)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Load the model in ``config.model_path`` for ``device``. Nothing else is read, and the network is never used.

    Raises UnsupportedModel if the model cannot be served exactly, and EngineError if ``config`` asks for more than the
    model or the device has.
    """
    if _has_encoder(Path(config.model_path)):
        from service.models.encoder_decoder import loader as encoder_decoder_loader  # which most engines never need

        return encoder_decoder_loader.load(config, device)
    try:
        return plain_loader.load(config, device)
    except NeedsTransformers as reason:
        logger.debug("loading with transformers: %s", reason)
    from service.models.hf import loader as transformers_loader  # importing transformers takes seconds

    return transformers_loader.load(config, device)


def _has_encoder(directory: Path) -> bool:
    """Whether ``config.json`` describes an encoder-decoder. False if it cannot be read: the loaders say why."""
    try:
        config = json.loads((directory / "config.json").read_bytes())
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and config.get("is_encoder_decoder") is True
