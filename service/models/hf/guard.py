"""Refuses, at load, every model that the engine would compute wrongly. Nothing is ever served on a silent fall back.

Three looks, from cheap to thorough:

``check_config``   what config.json says
``check_class``    what the model class promises about its attention and its state
``probe``          one tiny forward pass in which every layer must reach the engine's attention with arguments that are
                   understood; it also measures each layer's heads, which is what the KV cache is sized from
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from service.errors import UnsupportedModel
from service.models.contracts.attention import ATTENTION_NAME
from service.models.contracts.layer_spec import LayerSpec
from service.models.finite import require_finite
from service.models.hf.causal_lm import CausalLM

_COMPARED = """
apertus arcee cohere cohere2 deepseek_v3 ernie4_5 exaone4 gemma gemma2 gemma3_text gemma3n_text gemma4_text glm glm4
gpt2 gpt_bigcode gpt_neox granite granitemoe helium hunyuan_v1_dense llama ministral ministral3 mistral mixtral nanochat
olmo olmo2 olmo3 olmoe opt phi phi3 phimoe qwen2 qwen2_moe qwen3 qwen3_moe seed_oss smollm3 starcoder2
"""
# Compared with transformers token for token, packed, chunked and paged: tests/engine/test_architectures.py.
COMPARED = frozenset(_COMPARED.split())

_LAYER_TYPES = {"full_attention", "sliding_attention"}
_UNDERSTOOD = {"scaling", "dropout", "sliding_window", "softcap", "position_ids"}


def check_config(config: Any) -> None:
    """Raises UnsupportedModel. ``config`` is a transformers configuration of a text model."""
    name = config.model_type
    if config.is_encoder_decoder:
        raise UnsupportedModel(f"{name} is an encoder-decoder model; only decoder-only language models are supported")
    foreign = set(getattr(config, "layer_types", None) or ()) - _LAYER_TYPES
    if foreign:
        raise UnsupportedModel(f"{name} has layers of a kind that is not supported: {', '.join(sorted(foreign))}")
    if getattr(config, "quantization_config", None) is not None:
        raise UnsupportedModel(f"{name} is a quantized checkpoint; only unquantized weights are supported")


def check_class(model_class: Any) -> None:
    """Raises UnsupportedModel."""
    name = model_class.__name__
    if model_class._is_stateful:
        raise UnsupportedModel(f"{name} keeps a recurrent state beside keys and values, which cannot be paged")
    if not model_class._supports_attention_backend:
        raise UnsupportedModel(f"{name} does not let its attention be replaced")


def probe(model: CausalLM) -> list[LayerSpec]:
    """What each layer's attention looks like, in order. Raises UnsupportedModel."""
    if model.config._attn_implementation != ATTENTION_NAME:
        raise UnsupportedModel(f"{model.architecture} did not accept the engine's attention")
    ids = torch.arange(4, device=model.device)
    seen = Probe(model.architecture)
    try:
        expected = model.whole(ids, ids, seen)
        split = model.logits(model.hidden(ids, ids, seen))
    except UnsupportedModel:
        raise
    except Exception as error:
        raise UnsupportedModel(f"{model.architecture} does not run with the engine's attention: {error}") from error
    missing = set(range(model.config.num_hidden_layers)) - seen.layers.keys()
    if missing:
        numbers = ", ".join(map(str, sorted(missing)))
        raise UnsupportedModel(f"{model.architecture}: layers {numbers} do not use the engine's attention")
    require_finite(expected, model.architecture)
    finite = expected[expected.isfinite()]
    if not torch.allclose(expected.nan_to_num(), split.nan_to_num(), rtol=0, atol=0.01 * float(finite.abs().max())):
        raise UnsupportedModel(f"{model.architecture}: its head cannot be computed apart from its layers")
    return [seen.layers[number] for number in sorted(seen.layers)]


class Probe:
    """An attention that records what it is called with, attends to nothing, and refuses what is not understood."""

    def __init__(self, architecture: str) -> None:
        self.layers: dict[int, LayerSpec] = {}
        self._architecture = architecture
        self._modules: dict[int, nn.Module] = {}

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        number = getattr(module, "layer_idx", None)
        if not isinstance(number, int):
            raise self._refusal("an attention without a layer number")
        if self._modules.setdefault(number, module) is not module:
            raise self._refusal(f"two attentions in layer {number}")
        if mask is not None:
            raise self._refusal("a mask of its own")
        if kwargs.get("s_aux") is not None:
            raise self._refusal("attention sinks")
        if getattr(module, "is_causal", True) is False or kwargs.get("is_causal") is False:
            raise self._refusal("attention to later tokens")
        if unknown := _unknown(kwargs):
            raise self._refusal(f"attention with {', '.join(unknown)}")
        self.layers[number] = LayerSpec.from_call(query, key, value, **kwargs)
        return query.new_zeros(1, query.shape[2], query.shape[1], value.shape[-1])

    def _refusal(self, part: str) -> UnsupportedModel:
        return UnsupportedModel(f"{self._architecture} has {part}: that is not supported")


def _unknown(kwargs: Mapping[str, Any]) -> list[str]:
    """Arguments that would change the result and that nobody here obeys. Flags that ask for outputs do not."""
    return sorted(
        name
        for name, value in kwargs.items()
        if name not in _UNDERSTOOD and value is not None and not isinstance(value, bool)
    )
