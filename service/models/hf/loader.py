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
from service.models.contracts.model_config import ModelConfig
from service.models.families import FAMILIES
from service.models.hardware import dtype_name, find_dtype, num_cores, rounding_note
from service.models.hf import guard, rope
from service.models.hf.causal_lm import CausalLM
from service.models.hf.checkpoint import find_model_class, read_config, read_weights
from service.models.hf.parallel import parallel_options
from service.models.loaded_model import LoadedModel, loading_notes
from service.models.native.decoder import NativeDecoder, narrow_layout_note, unsupported_reason
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
    model_class = find_model_class(text_config)
    guard.check_class(model_class)
    default, longest = rope.context_lengths(text_config)
    max_model_len = choose_context_length(config.max_model_len, default, longest)
    if max_model_len == default < longest:
        logger.info("serving contexts of %d tokens; set max_model_len for up to %d", default, longest)
    not_native = _not_native_reason(config, text_config, device)
    stored = getattr(full_config, "dtype", None) or getattr(text_config, "dtype", None)
    stored = stored or stored_dtype(Path(config.model_path))
    dtype = find_dtype(config.dtype, stored, device, computes_in_float32=not not_native)
    logger.info("loading %s in %s", model_class.__name__, dtype_name(dtype))
    model = _load_module(config, full_config, text_config, dtype, device, max_model_len)
    with torch.inference_mode():
        layers = guard.measure_layers(model)
    if text_config.model_type not in FAMILIES:
        logger.warning(
            "%s was never compared with transformers' own results; it may be served wrongly", text_config.model_type
        )

    rounding = rounding_note(dtype, stored)
    if not_native:
        _require_no_native_settings(config, not_native)
        logger.info("computing with torch: %s", not_native)
        notes = loading_notes(rounding, _slow_note(config, text_config, device, not_native))
        return LoadedModel(model=model, layers=layers, max_model_len=max_model_len, notes=notes)
    native = NativeDecoder(
        text_config,
        layers,
        model.release_tensor,
        rope_tables(model.module, max_model_len),
        block_size=config.block_size,
        architecture=model.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    notes = loading_notes(rounding, narrow_layout_note(config, layers[0].key_dim))
    return LoadedModel(
        model=native, layers=layers, max_model_len=max_model_len, block_size=native.block_size, notes=notes
    )


def rope_tables(module: Any, length: int) -> tuple[Tensor, Tensor]:
    """The cosines and the sines of all positions below ``length``, [length, head_dim / 2] each."""
    with torch.inference_mode():
        tables = module.model.rotary_emb(torch.zeros(1, 1, 1), torch.arange(length)[None])
    cosines, sines = (table[0, :, : table.shape[-1] // 2].contiguous() for table in tables)
    return cosines, sines


def _load_module(
    config: ModelConfig,
    full_config: Any,
    text_config: Any,
    dtype: torch.dtype,
    device: torch.device,
    max_model_len: int,
) -> CausalLM:
    """The language model of ``text_config``, on ``device``. It is the whole checkpoint or its text part.

    Raises UnsupportedModel if weights are missing.
    """
    path = config.model_path
    options: dict[str, Any] = {"attn_implementation": ATTENTION_NAME}
    if config.tensor_parallel > 1:
        options |= parallel_options(find_model_class(text_config), text_config, config.tensor_parallel)
    if text_config is not full_config:
        logger.info("serving the text part of %s, %s", full_config.model_type, text_config.model_type)
        options["key_mapping"] = _TEXT_PART
    module, missing = read_weights(AutoModelForCausalLM, path, text_config, dtype, **options)
    if missing:
        names = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise UnsupportedModel(f"the checkpoint in {path} is incomplete: it lacks {names}")
    rope.fix_frequencies(module, text_config, max_model_len)
    module.config.pad_token_id = None  # the engine never pads, and some models look for padding in every input
    return CausalLM(module.to(device).eval().requires_grad_(False))


def _not_native_reason(config: ModelConfig, text_config: Any, device: torch.device) -> str:
    """Why the native kernels do not compute this model; empty if they do."""
    family = FAMILIES.get(text_config.model_type)
    if family is None or not family.native_kernels:
        return f"{text_config.model_type} is not of the Llama family"
    if text_config.hidden_act != "silu":
        return f"the activation is {text_config.hidden_act}"
    rope_parameters = getattr(text_config, "rope_parameters", None) or {}
    if rope_parameters.get("partial_rotary_factor", 1.0) != 1.0:
        return "positions turn only a part of each head"
    head_dim = getattr(text_config, "head_dim", None) or text_config.hidden_size // text_config.num_attention_heads
    return unsupported_reason(config, device, head_dim)


def _slow_note(config: ModelConfig, text_config: Any, device: torch.device, reason: str) -> str:
    """What it costs that torch computes a model which the native kernels could compute otherwise; empty if nothing."""
    family = FAMILIES.get(text_config.model_type)
    if device.type != "cpu" or not config.native_kernels or family is None or not family.native_kernels:
        return ""
    return f"computed by torch, several times slower than by the compiled kernels: {reason}"


def _require_no_native_settings(config: ModelConfig, reason: str) -> None:
    """Raises UnsupportedModel if a setting needs the native kernels, which cannot be used for ``reason``."""
    if config.quantization != "none":
        raise UnsupportedModel(f"quantization {config.quantization} needs the compiled kernels, and {reason}")
    if config.kv_cache_dtype != "auto":
        raise UnsupportedModel(f"kv_cache_dtype {config.kv_cache_dtype} needs the compiled kernels, and {reason}")
    if config.deterministic:
        raise UnsupportedModel(f"deterministic needs the compiled kernels, and {reason}")
