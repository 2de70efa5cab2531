"""Loads a model with transformers: the guard checks it, and transformers' modules compute it.

Where the native kernels can compute the model, they take the weights from the modules and compute it instead.
"""

import logging
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AutoModelForCausalLM

from service.errors import UnsupportedModel
from service.models.context_length import choose_context_length
from service.models.contracts.attention import ATTENTION_NAME, attention_forward
from service.models.contracts.decoder_layout import DecoderLayout
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig
from service.models.contracts.stored_matrix import StoredMatrix
from service.models.families import FAMILIES, find_layout
from service.models.finite import require_finite
from service.models.hardware import dequantized_note, dtype_name, find_dtype, num_cores, rounding_note
from service.models.hf import guard, rope
from service.models.hf.causal_lm import CausalLM
from service.models.hf.checkpoint import find_model_class, open_quantized, read_config, read_weights
from service.models.hf.parallel import parallel_options
from service.models.layouts.errors import NoLayout
from service.models.loaded_model import LoadedModel, loading_notes, require_no_native_settings, slow_note
from service.models.native.decoder import NativeDecoder, narrow_layout_note, unsupported_reason
from service.models.native.packer import LoadTensor
from service.models.plain_configs.plain_config import EMBEDDINGS, HEAD
from service.models.quantized.quantized_checkpoint import QuantizedCheckpoint
from service.models.stored_dtype import stored_dtype

logger = logging.getLogger(__name__)

# In a multimodal checkpoint, the names of the text part's weights have prefixes. These rules remove them.
_TEXT_PART = {
    r"^(model\.)?language_model\.(?=lm_head)": "",
    r"^(model\.)?language_model\.(model\.)?(?!lm_head)": "model.",
}


AttentionInterface.register(ATTENTION_NAME, attention_forward)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """Load the model in ``config.model_path``. Raises what ``service.models.loader.load`` raises."""
    full_config = read_config(config.model_path)
    if any(name.endswith("ForQuestionAnswering") for name in getattr(full_config, "architectures", None) or ()):
        raise UnsupportedModel(f"{full_config.model_type} finds answers and continues no text: serve it as the reader")
    text_config = full_config.get_text_config()
    guard.check_config(text_config)
    quantized = open_quantized(config.model_path, full_config, text_config)
    if quantized and config.tensor_parallel > 1:
        raise UnsupportedModel("several processes compute unquantized checkpoints only (tensor_parallel)")
    model_class = find_model_class(text_config)
    layout, not_native = _find_layout(config, text_config, device)
    plain_attention = layout is not None and layout.plain_attention
    if not plain_attention:
        guard.check_class(model_class)
    default, longest = rope.context_lengths(text_config)
    max_model_len = choose_context_length(config.max_model_len, default, longest)
    if max_model_len == default < longest:
        logger.info("serving contexts of %d tokens; set max_model_len for up to %d", default, longest)
    stored = getattr(full_config, "dtype", None) or getattr(text_config, "dtype", None)
    stored = stored or stored_dtype(Path(config.model_path))
    dtype = find_dtype(config.dtype, stored, device, computes_in_float32=layout is not None)
    logger.info("loading %s in %s", model_class.__name__, dtype_name(dtype))
    attention = "eager" if plain_attention else ATTENTION_NAME
    model = _load_module(config, full_config, text_config, quantized, dtype, device, max_model_len, attention)
    with torch.inference_mode():
        layers = _plain_layers(layout, model) if layout and plain_attention else guard.measure_layers(model)
    if text_config.model_type not in FAMILIES:
        logger.warning(
            "%s was never compared with transformers' own results; it may be served wrongly", text_config.model_type
        )

    rounding = rounding_note(dtype, stored)
    if layout is None:
        require_no_native_settings(config, not_native)
        logger.info("computing with torch: %s", not_native)
        dequantized = dequantized_note(dtype) if quantized else ""
        notes = loading_notes(rounding, dequantized, _slow_note(config, text_config, device, not_native))
        return LoadedModel(model=model, layers=layers, max_model_len=max_model_len, notes=notes)
    _require_equal_heads(layout, layers)
    native = NativeDecoder(
        layout,
        layers,
        _stored_first(quantized, model),
        rope.tables(model.module, max_model_len),
        block_size=config.block_size,
        architecture=model.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    dequantized = dequantized_note(dtype) if quantized and config.quantization == "none" else ""
    notes = loading_notes(rounding, dequantized, narrow_layout_note(config, layers[0].key_dim))
    return LoadedModel(
        model=native, layers=layers, max_model_len=max_model_len, block_size=native.block_size, notes=notes
    )


def _stored_first(quantized: QuantizedCheckpoint | None, model: CausalLM) -> LoadTensor:
    """Gives the tensors of the module, but quantized matrices and the vectors beside them as they are stored."""
    if quantized is None:
        return model.release_tensor
    tied = bool(getattr(model.config, "tie_word_embeddings", False))

    def load_tensor(name: str) -> Tensor | StoredMatrix | None:
        module = model.release_tensor(name)
        if module is None:
            return None
        stored = quantized.load(name)
        if stored is None and tied and name == HEAD:
            stored = quantized.load(EMBEDDINGS)
        if stored is None or (isinstance(stored, Tensor) and stored.dim() > 1):
            return module
        return stored

    return load_tensor


def _load_module(
    config: ModelConfig,
    full_config: Any,
    text_config: Any,
    quantized: QuantizedCheckpoint | None,
    dtype: torch.dtype,
    device: torch.device,
    max_model_len: int,
    attention: str,
) -> CausalLM:
    """The language model of ``text_config``, on ``device``. It is the whole checkpoint or its text part.

    Raises UnsupportedModel if weights are missing.
    """
    path = config.model_path
    options: dict[str, Any] = {"attn_implementation": attention}
    if config.tensor_parallel > 1:
        options |= parallel_options(find_model_class(text_config), text_config, config.tensor_parallel)
    if text_config is not full_config:
        logger.info("serving the text part of %s, %s", full_config.model_type, text_config.model_type)
        options["key_mapping"] = _TEXT_PART
    if quantized is None:
        module, missing = read_weights(AutoModelForCausalLM, path, text_config, dtype, **options)
    else:
        options["state_dict"] = quantized.dequantized(dtype)
        module, missing = read_weights(find_model_class(text_config), None, text_config, dtype, **options)
    if missing:
        names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise UnsupportedModel(f"the checkpoint in {path} is incomplete: it lacks {names}")
    rope.fix_frequencies(module, text_config, max_model_len)
    module.config.pad_token_id = None  # the engine never pads, and some models look for padding in every input
    return CausalLM(module.to(device).eval().requires_grad_(False))


def _find_layout(config: ModelConfig, text_config: Any, device: torch.device) -> tuple[DecoderLayout | None, str]:
    """What the compiled kernels compute, or None and the reason why they do not compute this model."""
    try:
        layout = find_layout(text_config.model_type, text_config)
    except NoLayout as error:
        return None, str(error)
    reason = unsupported_reason(config, device, layout.head_dim)
    return (None, reason) if reason else (layout, "")


def _plain_layers(layout: DecoderLayout, model: CausalLM) -> list[LayerSpec]:
    """The layers of a model whose own attention cannot be replaced. Raises UnsupportedModel if its weights are bad."""
    require_finite(model.module(torch.arange(4)[None]).logits, model.architecture)
    layer = LayerSpec(layout.heads, layout.kv_heads, layout.head_dim, layout.head_dim, scale=layout.head_dim**-0.5)
    return [layer] * len(layout.layers)


def _require_equal_heads(layout: DecoderLayout, layers: list[LayerSpec]) -> None:
    """Raises UnsupportedModel if the layers attend with other heads than the layout says."""
    expected = (layout.heads, layout.kv_heads, layout.head_dim, layout.head_dim)
    for number, layer in enumerate(layers):
        if (layer.heads, layer.kv_heads, layer.key_dim, layer.value_dim) != expected:
            raise UnsupportedModel(f"layer {number} does not attend with the heads that config.json describes")


def _slow_note(config: ModelConfig, text_config: Any, device: torch.device, reason: str) -> str:
    """What it costs that torch computes a model which the native kernels could compute otherwise; empty if nothing."""
    family = FAMILIES.get(text_config.model_type)
    if device.type != "cpu" or not config.native_kernels or family is None or not family.layout:
        return ""
    return slow_note(reason)
