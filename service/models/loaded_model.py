"""The result of loading a model."""

import logging
from dataclasses import dataclass

from service.errors import UnsupportedModel
from service.models.contracts.language_model import EncoderDecoder, NativeModel, TorchModel
from service.models.contracts.layer_spec import LayerSpec
from service.models.contracts.model_config import ModelConfig

logger = logging.getLogger(__name__)


@dataclass(slots=True, frozen=True)
class LoadedModel:
    """A model, the attention of its layers, and how long its sequences may be."""

    model: TorchModel | NativeModel | EncoderDecoder
    layers: list[LayerSpec]
    max_model_len: int
    max_source_len: int = 0  # positions of a source; 0: the model has no encoder
    block_size: int = 0  # tokens in a block of the KV cache, where the model prescribes the number; else 0
    notes: tuple[str, ...] = ()  # what the person who started the model should know, such as a loss of precision


def loading_notes(*notes: str) -> tuple[str, ...]:
    """The ``notes`` that are not empty. Each is logged as a warning."""
    found = tuple(filter(None, notes))
    for note in found:
        logger.warning("%s", note)
    return found


def slow_note(reason: str) -> str:
    """What it costs that torch computes a model on the CPU, for this ``reason``, which the kernels could compute."""
    return f"computed by torch, several times slower than by the compiled kernels: {reason}"


def require_no_native_settings(config: ModelConfig, reason: str) -> None:
    """Raises UnsupportedModel if a setting needs the native kernels, which cannot be used for ``reason``."""
    if config.quantization in ("int8", "int4"):
        raise UnsupportedModel(f"quantization {config.quantization} needs the compiled kernels, and {reason}")
    if config.kv_cache_dtype != "auto":
        raise UnsupportedModel(f"kv_cache_dtype {config.kv_cache_dtype} needs the compiled kernels, and {reason}")
    if config.deterministic:
        raise UnsupportedModel(f"deterministic needs the compiled kernels, and {reason}")
