"""From a directory of safetensors to a model that the engine may run.

There are two ways. The short one reads plain models of the Llama family for the compiled kernels, and has the same
numbers as the other by test. Whatever it is not sure of, errors included, it leaves to transformers, which takes
seconds to import.
"""

import logging

import torch

from service.models.contracts.model_config import ModelConfig
from service.models.loaded_model import LoadedModel
from service.models.plain import loader as plain_loader
from service.models.plain.config import NeedsTransformers

logger = logging.getLogger(__name__)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Read ``config.model_path``, nothing else and never the network.

    Raises UnsupportedModel when the model could not be served exactly, EngineError when ``config`` asks too much.
    """
    try:
        return plain_loader.load(config, device)
    except NeedsTransformers as reason:
        logger.debug("loading with transformers: %s", reason)
    from service.models.hf import loader as transformers_loader

    return transformers_loader.load(config, device)
