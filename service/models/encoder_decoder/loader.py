"""Loads an encoder-decoder: the configuration, without transformers if it is plain, and weights from safetensors."""

import logging
from pathlib import Path

import torch

from service.errors import EngineError, UnsupportedModel
from service.models.context_length import choose_context_length
from service.models.contracts.encoder_decoder_layout import EncoderDecoderLayout
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig
from service.models.encoder_decoder.checkpoint import Checkpoint
from service.models.encoder_decoder.families import FAMILIES
from service.models.encoder_decoder.read_config import read_config
from service.models.encoder_decoder.tables import decoder_tables, encoder_tables
from service.models.encoder_decoder.torch_model import TorchEncoderDecoder
from service.models.hardware import dtype_name, find_dtype, num_cores, rounding_note
from service.models.layouts.errors import NoLayout
from service.models.loaded_model import LoadedModel, loading_notes, require_no_native_settings, slow_note
from service.models.native.decoder import unsupported_reason
from service.models.native.encoder_decoder import NativeEncoderDecoder
from service.models.stored_dtype import stored_dtype

logger = logging.getLogger(__name__)

_DEFAULT_CONTEXT = 1024  # tokens of source and output, where the model has no limit
_LONGEST_CONTEXT = 1 << 15  # the same, at most


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Load the model in ``config.model_path``. Raises what ``service.models.loader.load`` raises."""
    model_config = read_config(config.model_path)
    layout = _find_layout(model_config)
    if config.tensor_parallel > 1:
        raise EngineError("an encoder-decoder is computed by one process (tensor_parallel)")
    not_native = unsupported_reason(config, device, layout.head_dim)
    stored = stored_dtype(Path(config.model_path))
    dtype = find_dtype(config.dtype, stored, device, computes_in_float32=not not_native)
    longest = _LONGEST_CONTEXT if layout.decoder.positions is None else layout.decoder.positions.count
    max_model_len = choose_context_length(config.max_model_len, min(longest, _DEFAULT_CONTEXT), longest)
    architecture = (model_config.architectures or [type(model_config).__name__])[0]
    logger.info("loading %s in %s", architecture, dtype_name(dtype))
    checkpoint = Checkpoint(config.model_path, dtype)
    model: TorchEncoderDecoder | NativeEncoderDecoder
    if not_native:
        require_no_native_settings(config, not_native)
        logger.info("computing with torch: %s", not_native)
        model, block_size = TorchEncoderDecoder(layout, checkpoint, architecture=architecture, device=device), 0
    else:
        model = NativeEncoderDecoder(
            layout,
            checkpoint.find,
            encoder_tables(layout, checkpoint),
            decoder_tables(layout, checkpoint),
            block_size=config.block_size,
            architecture=architecture,
            dtype=dtype,
            quantization=config.quantization,
            threads=config.threads or num_cores(),
        )
        block_size = model.block_size
    layer = LayerSpec(layout.heads, layout.heads, layout.head_dim, layout.head_dim, scale=layout.score_scale)
    is_slow = not_native and device.type == "cpu" and config.native_kernels
    return LoadedModel(
        model=model,
        layers=[layer] * len(layout.decoder.layers),
        max_model_len=max_model_len,
        max_source_len=layout.max_source_len or max_model_len,
        block_size=block_size,
        notes=loading_notes(rounding_note(dtype, stored), slow_note(not_native) if is_slow else ""),
    )


def _find_layout(config: object) -> EncoderDecoderLayout:
    """The layout of a model with this configuration. Raises UnsupportedModel."""
    model_type = getattr(config, "model_type", "")
    if model_type not in FAMILIES:
        raise UnsupportedModel(f"{model_type} is an encoder-decoder of a family that is not served")
    try:
        return FAMILIES[model_type](config)
    except NoLayout as error:
        raise UnsupportedModel(f"this {model_type} cannot be served: {error}") from None
