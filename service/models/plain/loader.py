"""Loads a plain model for the native kernels, from ``config.json`` and mapped weights, without transformers."""

import logging
from pathlib import Path

import torch

from service.models.context_length import choose_context_length
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig
from service.models.families import find_layout
from service.models.hardware import dtype_name, find_dtype, num_cores, rounding_note
from service.models.layouts.errors import NoLayout
from service.models.loaded_model import LoadedModel, loading_notes
from service.models.native.decoder import NativeDecoder, narrow_layout_note, unsupported_reason
from service.models.plain.checkpoint import PlainCheckpoint
from service.models.plain.errors import NeedsTransformers
from service.models.plain.read_config import read_config
from service.models.plain.rope_tables import rope_tables
from service.models.plain_configs.plain_config import PlainConfig
from service.models.stored_dtype import stored_dtype

logger = logging.getLogger(__name__)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Load the model in ``config.model_path``.

    Raises NeedsTransformers, before any weight is read, if the model is not plain or the native kernels do not compute
    it. Raises EngineError if ``config`` asks for more than the model or the device has.
    """
    directory = Path(config.model_path)
    plain = read_config(directory / "config.json")
    try:
        layout = find_layout(plain.model_type, plain)
    except NoLayout as error:
        raise NeedsTransformers(error) from None
    if reason := unsupported_reason(config, device, layout.head_dim):
        raise NeedsTransformers(reason)
    longest = plain.max_position_embeddings
    max_model_len = choose_context_length(config.max_model_len, longest, longest)
    stored = plain.dtype or plain.torch_dtype
    checkpoint_dtype = stored_dtype(directory) if stored is None else getattr(torch, stored)
    dtype = find_dtype(config.dtype, checkpoint_dtype, device, computes_in_float32=True)
    checkpoint = PlainCheckpoint(directory, plain, dtype)
    logger.info("loading %s in %s", plain.architecture, dtype_name(dtype))
    layers = _layer_specs(plain)
    model = NativeDecoder(
        layout,
        layers,
        checkpoint.load_tensor,
        {"": rope_tables(plain.rope, plain.key_dim, max_model_len)},
        block_size=config.block_size,
        architecture=plain.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    notes = loading_notes(rounding_note(dtype, checkpoint_dtype), narrow_layout_note(config, plain.key_dim))
    return LoadedModel(
        model=model, layers=layers, max_model_len=max_model_len, block_size=model.block_size, notes=notes
    )


def _layer_specs(plain: PlainConfig) -> list[LayerSpec]:
    return [
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
