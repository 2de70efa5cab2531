"""From a directory of safetensors to a model that the engine may run."""

import logging
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from service.engine.attention.interface import NAME
from service.engine.attention.layer import LayerSpec
from service.engine.errors import UnsupportedModel
from service.engine.limits import model_len
from service.engine.machine import dtype_name, find_dtype, num_cores
from service.engine.types import EngineConfig
from service.models import guard, native_decoder, rope
from service.models.causal_lm import CausalLM
from service.models.native_decoder import NativeDecoder

logger = logging.getLogger(__name__)

# The text part of a checkpoint that also sees or hears: where it keeps the names of a plain language model.
_TEXT_PART = {
    r"^(model\.)?language_model\.(?=lm_head)": "",
    r"^(model\.)?language_model\.(model\.)?(?!lm_head)": "model.",
}


@dataclass(slots=True, frozen=True)
class LoadedModel:
    """A model, what its layers look like, and how long its sequences may be."""

    model: CausalLM | NativeDecoder
    layers: list[LayerSpec]
    max_model_len: int
    block_size: int = 0  # tokens of a block of the KV cache, where the model prescribes them


def load(config: EngineConfig, device: torch.device) -> LoadedModel:
    """Read ``config.model_path``, nothing else and never the network.

    Raises UnsupportedModel when the model could not be served exactly, EngineError when ``config`` asks too much.
    """
    whole, options = _read_config(config.model_path)
    text = whole.get_text_config()
    guard.check_config(text)
    model_class = _model_class(text)
    guard.check_class(model_class)
    default, longest = rope.context_lengths(text)
    max_model_len = model_len(config.max_model_len, default, longest)
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
        model,
        layers,
        quantization=config.quantization,
        threads=config.threads or num_cores(),
        max_model_len=max_model_len,
    )
    return LoadedModel(model=native, layers=layers, max_model_len=max_model_len, block_size=native_decoder.block_size())


def _why_not_native(config: EngineConfig, text: Any, device: torch.device) -> str:
    """Why the compiled kernels do not compute this model; empty if they do."""
    if device.type != "cpu":
        return "they are for CPUs"
    if not config.native_kernels:
        return "native_kernels is off"
    if reason := native_decoder.refusal(text):
        return reason
    if config.block_size % native_decoder.block_size():
        return f"their blocks have {native_decoder.block_size()} tokens"
    return ""


def _read_config(path: str) -> tuple[Any, dict[str, Any]]:
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        return AutoConfig.from_pretrained(path, **options), options
    except (OSError, ValueError, KeyError) as error:
        raise UnsupportedModel(f"{path} holds no model that transformers knows: {_first_line(error)}") from error


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
            attn_implementation=NAME,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        raise UnsupportedModel(f"the weights in {path} cannot be loaded: {_first_line(error)}") from error
    finally:
        if shown:
            transformers.logging.enable_progress_bar()


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
