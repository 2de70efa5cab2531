"""Refuses, at load, every model that the engine would compute wrongly. There is no silent fallback.

There are three checks, from cheap to thorough:

``check_config``     what ``config.json`` says
``check_class``      what the model class declares about its attention and its state
``measure_layers``   one tiny forward pass. Every layer must call the engine's attention with arguments that are
                     understood. The pass also measures each layer's heads, from which the KV cache is sized.
"""

from typing import Any

import torch

from service.errors import UnsupportedModel
from service.models.contracts.attention import ATTENTION_NAME
from service.models.contracts.layer_spec import LayerSpec
from service.models.finite import require_finite
from service.models.hf.causal_lm import CausalLM
from service.models.hf.layer_recorder import LayerRecorder

_LAYER_TYPES = {"full_attention", "sliding_attention"}


def check_config(config: Any) -> None:
    """Raises UnsupportedModel. ``config`` is a transformers configuration of a text model."""
    name = config.model_type
    if config.is_encoder_decoder:
        raise UnsupportedModel(f"{name} is an encoder-decoder model; only decoder-only language models are supported")
    unknown = set(getattr(config, "layer_types", None) or ()) - _LAYER_TYPES
    if unknown:
        raise UnsupportedModel(f"{name} has layers of a kind that is not supported: {', '.join(sorted(unknown))}")


def check_class(model_class: Any) -> None:
    """Raises UnsupportedModel. ``model_class`` is a transformers ``...ForCausalLM`` class."""
    name = model_class.__name__
    if model_class._is_stateful:
        raise UnsupportedModel(f"{name} keeps a recurrent state besides keys and values, which cannot be paged")
    if not model_class._supports_attention_backend:
        raise UnsupportedModel(f"{name} does not let its attention be replaced")


def measure_layers(model: CausalLM) -> list[LayerSpec]:
    """The spec of each layer, in order. Raises UnsupportedModel."""
    if model.config._attn_implementation != ATTENTION_NAME:
        raise UnsupportedModel(f"{model.architecture} did not accept the engine's attention")
    ids = torch.arange(4, device=model.device)
    recorder = LayerRecorder(model.architecture)
    try:
        expected = model.undivided_logits(ids, ids, recorder)
        in_halves = model.logits(model.hidden(ids, ids, recorder))
    except UnsupportedModel:
        raise
    except Exception as error:
        raise UnsupportedModel(f"{model.architecture} does not run with the engine's attention: {error}") from error
    missing = set(range(model.config.num_hidden_layers)) - recorder.layers.keys()
    if missing:
        numbers = ", ".join(map(str, sorted(missing)))
        raise UnsupportedModel(f"{model.architecture}: layers {numbers} do not use the engine's attention")
    require_finite(expected, model.architecture)
    largest = float(expected[expected.isfinite()].abs().max())
    if not torch.allclose(expected.nan_to_num(), in_halves.nan_to_num(), rtol=0, atol=0.01 * largest):
        raise UnsupportedModel(f"{model.architecture}: its head cannot be computed apart from its layers")
    return [recorder.layers[number] for number in sorted(recorder.layers)]
