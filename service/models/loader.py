"""Loads a model from a directory of safetensors. There are two loaders, and both are needed.

``plain.loader`` reads plain models for the native kernels without importing transformers, because that import takes
longer than the rest of the start, and the service must start within 5 seconds. ``hf.loader`` reads every other model
with transformers. Everything that the plain loader does not recognize, errors included, is left to it, so one place
describes what is wrong with a model. Tests compare the two loaders bit by bit.
"""

import logging

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
    try:
        return plain_loader.load(config, device)
    except NeedsTransformers as reason:
        logger.debug("loading with transformers: %s", reason)
    from service.models.hf import loader as transformers_loader  # importing transformers takes seconds

    return transformers_loader.load(config, device)
