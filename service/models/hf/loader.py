"""The long way to a model: transformers reads it, the guard looks at it, and transformers' modules compute it.

A model of the Llama family is taken apart for the compiled kernels, where they can be had.
"""

import logging
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from torch import Tensor
from transformers import AttentionInterface, AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from service.errors import UnsupportedModel, first_line
from service.models.context_length import choose_context_length
from service.models.contracts.attention import ATTENTION_NAME, attention_forward
from service.models.contracts.model_config import ModelConfig
from service.models.hardware import dtype_name, find_dtype, num_cores
from service.models.hf import guard, rope
from service.models.hf.causal_lm import CausalLM
from service.models.loaded_model import LoadedModel
from service.models.native import decoder as native_decoder
from service.models.native import packer
from service.models.native.decoder import NativeDecoder

logger = logging.getLogger(__name__)

# The text part of a checkpoint that also sees or hears: where it keeps the names of a plain language model.
_TEXT_PART = {
    r"^(model\.)?language_model\.(?=lm_head)": "",
    r"^(model\.)?language_model\.(model\.)?(?!lm_head)": "model.",
}


AttentionInterface.register(ATTENTION_NAME, attention_forward)


def load(config: ModelConfig, device: torch.device) -> LoadedModel:
    """As ``loader.load``."""
    whole, options = _read_config(config.model_path)
    if any(name.endswith("ForQuestionAnswering") for name in getattr(whole, "architectures", None) or ()):
        raise UnsupportedModel(f"{whole.model_type} finds answers and continues no text: serve it as the reader")
    text = whole.get_text_config()
    guard.check_config(text)
    model_class = _model_class(text)
    guard.check_class(model_class)
    default, longest = rope.context_lengths(text)
    max_model_len = choose_context_length(config.max_model_len, default, longest)
    reason = _why_not_native(config, text, device)
    checkpoint = getattr(whole, "dtype", None) or getattr(text, "dtype", None)
    dtype = find_dtype(config.dtype, checkpoint, device, computes_in_float32=not reason)

    if max_model_len == default < longest:
        logger.info("serving contexts of %d tokens; up to %d can be had by setting max_model_len", default, longest)
    if text is not whole:
        logger.info("serving the text part of %s, %s", whole.model_type, text.model_type)
        options["key_mapping"] = _TEXT_PART
    logger.info("loading %s in %s", model_class.__name__, dtype_name(dtype))
    module, report = _read_weights(config.model_path, text, dtype, options)
    if lacking := sorted(report["missing_keys"]):
        names = ", ".join(lacking[:3]) + (f" and {len(lacking) - 3} more" if len(lacking) > 3 else "")
        raise UnsupportedModel(f"the checkpoint in {config.model_path} is not whole: it lacks {names}")

    rope.freeze(module, text, max_model_len)
    module.config.pad_token_id = None  # nothing is padded here, and some models look for padding in every input
    model = CausalLM(module.to(device).eval().requires_grad_(False))
    with torch.inference_mode():
        layers = guard.probe(model)
    if not reason and dtype == torch.float16:
        reason = "they know no float16"
    if reason and config.quantization != "none":
        raise UnsupportedModel(f"quantization {config.quantization} needs the compiled kernels, and {reason}")
    if reason and config.deterministic:
        raise UnsupportedModel(f"deterministic needs the compiled kernels, and {reason}")
    if text.model_type not in guard.COMPARED:
        logger.warning(
            "%s was never compared with transformers' own results; it may be served wrongly", text.model_type
        )
    if reason:
        logger.info("computing with torch: %s", reason)
        return LoadedModel(model=model, layers=layers, max_model_len=max_model_len)
    native = NativeDecoder(
        text,
        layers,
        model.release_tensor,
        _rotation(module, max_model_len),
        architecture=model.architecture,
        dtype=dtype,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
    )
    return LoadedModel(model=native, layers=layers, max_model_len=max_model_len, block_size=packer.block_size())


def _why_not_native(config: ModelConfig, text: Any, device: torch.device) -> str:
    """Why the compiled kernels do not compute this model; empty if they do."""
    if text.model_type not in native_decoder.FAMILIES:
        return f"{text.model_type} is not of the Llama family"
    if text.hidden_act != "silu":
        return f"the activation is {text.hidden_act}"
    rope_parameters = getattr(text, "rope_parameters", None) or {}
    if rope_parameters.get("partial_rotary_factor", 1.0) != 1.0:
        return "positions turn a part of each head only"
    head_dim = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return native_decoder.unsupported_reason(config, device, head_dim)


def _rotation(module: Any, length: int) -> tuple[Tensor, Tensor]:
    """The cosines and sines of every position, [length, head_dim / 2] each."""
    with torch.inference_mode():
        tables = module.model.rotary_emb(torch.zeros(1, 1, 1), torch.arange(length)[None])
    cosines, sines = (table[0, :, : table.shape[-1] // 2].contiguous() for table in tables)
    return cosines, sines


def _read_config(path: str) -> tuple[Any, dict[str, Any]]:
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        return AutoConfig.from_pretrained(path, **options), options
    except (OSError, ValueError, KeyError) as error:
        raise UnsupportedModel(f"{path} holds no model that transformers knows: {first_line(error)}") from error


def _model_class(config: Any) -> Any:
    try:
        found = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    except KeyError:
        raise UnsupportedModel(f"{config.model_type} is not a language model that continues text") from None
    return found[0] if isinstance(found, tuple) else found


def _read_weights(path: str, config: Any, dtype: torch.dtype, options: dict[str, Any]) -> Any:
    shown = transformers.logging.is_progress_bar_enabled()
    transformers.logging.disable_progress_bar()
    try:
        return AutoModelForCausalLM.from_pretrained(
            path,
            config=config,
            dtype=dtype,
            attn_implementation=ATTENTION_NAME,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        raise UnsupportedModel(f"the weights in {path} cannot be loaded: {first_line(error)}") from error
    finally:
        if shown:
            transformers.logging.enable_progress_bar()
