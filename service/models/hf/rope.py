"""Fixes rotary frequencies that transformers changes with the longest sequence of a batch.

"longrope" has one set of frequencies for short sequences and one for long ones; "dynamic" stretches the frequencies as
a sequence grows. transformers chooses by the largest position in the call, so a sequence's numbers would depend on the
other sequences of its batch. Here the choice is made once, at load, for the longest sequence that is admitted.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS


def context_lengths(config: Any) -> tuple[int, int]:
    """The tokens that a sequence may have: by default, and at most.

    They differ for longrope only. Its default is the length up to which the frequencies for short sequences are valid,
    so every output equals that of transformers. If a user sets a longer context, all sequences use the frequencies
    for long ones.
    """
    longest = int(config.max_position_embeddings)
    originals = [
        int(parameters["original_max_position_embeddings"])
        for parameters in _parameters_by_layer_type(config).values()
        if parameters.get("rope_type") == "longrope"
    ]
    return min([longest, *originals]), longest


def fix_frequencies(model: nn.Module, config: Any, max_model_len: int) -> None:
    """Fix the frequencies of ``model`` for sequences of up to ``max_model_len`` tokens, in place."""
    for module in model.modules():
        if hasattr(module, "rope_type"):
            _fix_module(module, config, max_model_len)


def tables(model: nn.Module, length: int) -> dict[str, tuple[Tensor, Tensor]]:
    """The cosines and sines of all positions below ``length``, [length, pairs] each, by the layer type that uses them.

    All layers share the tables that have the name "". A model without rotary positions has none. Call
    ``fix_frequencies`` first.
    """
    rotary: Any = getattr(model.get_decoder(), "rotary_emb", None)  # type: ignore[operator]
    if rotary is None:
        return {}
    if isinstance(rotary.rope_type, dict):
        return {name: _tables(rotary, length, f"{name}_") for name in rotary.rope_type}
    return {"": _tables(rotary, length)}


def _tables(rotary: Any, length: int, prefix: str = "") -> tuple[Tensor, Tensor]:
    """The operations, and so the bits, are those of transformers' modules."""
    angles = torch.arange(length)[:, None].float() * getattr(rotary, f"{prefix}inv_freq").float()
    scale = getattr(rotary, f"{prefix}attention_scaling")
    return angles.cos() * scale, angles.sin() * scale


def _fix_module(rotary: Any, config: Any, max_model_len: int) -> None:
    by_layer_type = isinstance(rotary.rope_type, dict)
    for layer_type, parameters in _parameters_by_layer_type(config).items():
        kind = rotary.rope_type[layer_type] if by_layer_type else rotary.rope_type
        if kind == "longrope" and max_model_len > (original := parameters["original_max_position_embeddings"]):
            frequencies, _ = ROPE_INIT_FUNCTIONS[kind](
                config, None, seq_len=original + 1, layer_type=layer_type if by_layer_type else None
            )
            with torch.no_grad():
                getattr(rotary, f"{layer_type}_inv_freq" if by_layer_type else "inv_freq").copy_(frequencies)
        if kind in ("longrope", "dynamic"):
            rotary.rope_type = {**rotary.rope_type, layer_type: "default"} if by_layer_type else "default"


def _parameters_by_layer_type(config: Any) -> dict[str, dict[str, Any]]:
    """The rope parameters of each layer type; under "" where all layers share them."""
    parameters: dict[str, Any] = getattr(config, "rope_parameters", None) or {}
    if parameters and all(isinstance(value, dict) for value in parameters.values()):
        return parameters
    return {"": parameters}
