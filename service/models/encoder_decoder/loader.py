"""Loads an encoder-decoder. transformers reads the configuration; the weights are read from safetensors."""

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
from service.models.encoder_decoder.torch_model import TorchEncoderDecoder
from service.models.hardware import dtype_name, find_dtype, rounding_note
from service.models.hf.checkpoint import read_config
from service.models.layouts.errors import NoLayout
from service.models.loaded_model import LoadedModel, loading_notes
from service.models.stored_dtype import stored_dtype

logger = logging.getLogger(__name__)

_DEFAULT_CONTEXT = 1024  # tokens of source and output, where the model has no limit
_LONGEST_CONTEXT = 1 << 15  # the same, at most


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Load the model in ``config.model_path``. Raises what ``service.models.loader.load`` raises."""
    hf_config = read_config(config.model_path)
    layout = _find_layout(hf_config)
    _require_no_other_settings(config)
    stored = stored_dtype(Path(config.model_path))
    dtype = find_dtype(config.dtype, stored, device)
    longest = _LONGEST_CONTEXT if layout.decoder.positions is None else layout.decoder.positions.count
    max_model_len = choose_context_length(config.max_model_len, min(longest, _DEFAULT_CONTEXT), longest)
    architecture = (hf_config.architectures or [type(hf_config).__name__])[0]
    logger.info("loading %s in %s", architecture, dtype_name(dtype))
    model = TorchEncoderDecoder(layout, Checkpoint(config.model_path, dtype, device), architecture=architecture)
    layer = LayerSpec(layout.heads, layout.heads, layout.head_dim, layout.head_dim, scale=layout.score_scale)
    return LoadedModel(
        model=model,
        layers=[layer] * len(layout.decoder.layers),
        max_model_len=max_model_len,
        max_source_len=layout.max_source_len or max_model_len,
        notes=loading_notes(rounding_note(dtype, stored)),
    )


def _find_layout(hf_config: object) -> EncoderDecoderLayout:
    """The layout of a model with this configuration. Raises UnsupportedModel."""
    model_type = getattr(hf_config, "model_type", "")
    if model_type not in FAMILIES:
        raise UnsupportedModel(f"{model_type} is an encoder-decoder of a family that is not served")
    try:
        return FAMILIES[model_type](hf_config)
    except NoLayout as error:
        raise UnsupportedModel(f"this {model_type} cannot be served: {error}") from None


def _require_no_other_settings(config: ModelConfig) -> None:
    """Raises EngineError or UnsupportedModel if a setting asks for what these models are computed without."""
    if config.tensor_parallel > 1:
        raise EngineError("an encoder-decoder is computed by one process (tensor_parallel)")
    if config.quantization in ("int8", "int4") or config.kv_cache_dtype != "auto" or config.deterministic:
        raise UnsupportedModel("quantization, kv_cache_dtype and deterministic need the compiled kernels")
