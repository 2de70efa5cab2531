"""The short way to a model: config.json, mapped weights, compiled kernels; no transformers."""

import logging
from pathlib import Path

import torch

from service.models.context_length import choose_context_length
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig
from service.models.hardware import dtype_name, find_dtype, num_cores
from service.models.loaded_model import LoadedModel
from service.models.native import decoder as native_decoder
from service.models.native import packer
from service.models.native.decoder import NativeDecoder
from service.models.plain import config as plain_config
from service.models.plain import rotary as rotation
from service.models.plain.checkpoint import PlainCheckpoint
from service.models.plain.config import NeedsTransformers

logger = logging.getLogger(__name__)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Read ``config.model_path``. Raises NeedsTransformers, before much is done, when transformers has to.

    Raises EngineError as transformers' way does.
    """
    directory = Path(config.model_path)
    plain = plain_config.read(directory / "config.json")
    if reason := native_decoder.unsupported_reason(config, device, plain.key_dim):
        raise NeedsTransformers(reason)
    if config.dtype == "float16":
        raise NeedsTransformers("the compiled kernels know no float16")
    longest = plain.max_position_embeddings
    max_model_len = choose_context_length(config.max_model_len, longest, longest)
    kept = plain.dtype or plain.torch_dtype
    checkpoint = None if kept is None else getattr(torch, kept)
    dtype = find_dtype(config.dtype, checkpoint, device, computes_in_float32=True)
    weights = PlainCheckpoint(directory, plain, dtype)
    logger.info("loading %s in %s", plain.architecture, dtype_name(dtype))
    layers = [
        LayerSpec(
            heads=plain.num_attention_heads,
            kv_heads=plain.num_key_value_heads,
            key_dim=plain.key_dim,
            value_dim=plain.key_dim,
            scale=plain.key_dim**-0.5,
            window=window,
        )
        for window in plain.windows
    ]
    model = NativeDecoder(
        plain,
        layers,
        weights.load_tensor,
        rotation.tables(plain.rope, plain.key_dim, max_model_len),
        architecture=plain.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    return LoadedModel(model=model, layers=layers, max_model_len=max_model_len, block_size=packer.block_size())
