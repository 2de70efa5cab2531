"""Reads configurations and weights with transformers: from local safetensors files, without code of the model."""

from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from service.errors import UnsupportedModel, first_line
from service.models.quantized.quantized_checkpoint import QuantizedCheckpoint
from service.models.tensor_files import TensorFiles

_OPTIONS: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}


def read_config(path: str) -> Any:
    """The transformers configuration in the directory ``path``. Raises UnsupportedModel."""
    try:
        return AutoConfig.from_pretrained(path, **_OPTIONS)
    except (OSError, ValueError, KeyError) as error:
        raise UnsupportedModel(f"{path} holds no model that transformers knows: {first_line(error)}") from error


def find_model_class(config: Any) -> Any:
    """The ``...ForCausalLM`` class for ``config``. Raises UnsupportedModel if transformers has none."""
    try:
        entry = MODEL_FOR_CAUSAL_LM_MAPPING[type(config)]
    except KeyError:
        raise UnsupportedModel(f"{config.model_type} is not a language model that continues text") from None
    return entry[0] if isinstance(entry, tuple) else entry


def open_quantized(path: str, *configs: Any) -> QuantizedCheckpoint | None:
    """The quantized weights in ``path``; None if no configuration says that they are quantized.

    The configurations forget that, since transformers must not read the weights in its own way.

    Raises UnsupportedModel.
    """
    found = [config for config in configs if getattr(config, "quantization_config", None) is not None]
    if not found:
        return None
    quantization = found[0].quantization_config
    for config in found:
        if hasattr(config, "quantization_config"):  # the same one may be given twice
            del config.quantization_config
    try:
        return QuantizedCheckpoint(quantization, TensorFiles(Path(path)))
    except (OSError, ValueError, SafetensorError) as error:
        raise UnsupportedModel(f"the weights in {path} cannot be loaded: {first_line(error)}") from error


def load_language_model(path: str, dtype: torch.dtype, **options: Any) -> Any:
    """transformers' own module of the model in ``path``, quantized or not. Checks and benchmarks compare with it.

    ``options`` are those of ``from_pretrained``. Raises UnsupportedModel.
    """
    config = read_config(path)
    quantized = open_quantized(path, config)
    if quantized is None:
        return read_weights(AutoModelForCausalLM, path, config, dtype, **options)[0].eval()
    options["state_dict"] = quantized.dequantized(dtype)
    return read_weights(find_model_class(config), None, config, dtype, **options)[0].eval()


def read_weights(
    auto_class: Any, path: str | None, config: Any, dtype: torch.dtype, **options: Any
) -> tuple[Any, list[str]]:
    """The module that ``auto_class`` makes of the weights in ``path``, and the names of weights that are missing.

    Without a path the weights are those of the option ``state_dict``. Raises UnsupportedModel if the weights cannot be
    loaded.
    """
    had_progress_bar = transformers.logging.is_progress_bar_enabled()
    transformers.logging.disable_progress_bar()
    try:
        module, report = auto_class.from_pretrained(
            path, config=config, dtype=dtype, use_safetensors=True, output_loading_info=True, **_OPTIONS, **options
        )
        return module, sorted(report["missing_keys"])
    except (OSError, ValueError, RuntimeError, ImportError, SafetensorError) as error:
        raise UnsupportedModel(f"the weights in {path} cannot be loaded: {first_line(error)}") from error
    finally:
        if had_progress_bar:
            transformers.logging.enable_progress_bar()
