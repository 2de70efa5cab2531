"""Rotary positions whose frequencies transformers changes with the longest sequence at hand.

"longrope" has one set of frequencies for short sequences and one for long ones, "dynamic" stretches them as a sequence
grows. transformers chooses by the largest position in the call, so in a batch a sequence's numbers would depend on its
neighbours. Here the choice is made once, at load, by the longest sequence that is admitted.
"""

from typing import Any

import torch
from torch import nn
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS


def context_lengths(config: Any) -> tuple[int, int]:
    """The tokens that a sequence may have: by default, and at most.

    They differ for longrope only: its default is the length up to which the frequencies for short sequences hold, so
    that every answer is what transformers gives. Longer ones can be asked for; then all sequences use the others.
    """
    longest = int(config.max_position_embeddings)
    originals = [
        int(parameters["original_max_position_embeddings"])
        for parameters in _parameters(config).values()
        if parameters.get("rope_type") == "longrope"
    ]
    return min([longest, *originals]), longest


def freeze(model: nn.Module, config: Any, max_model_len: int) -> None:
    """Fix the frequencies of ``model`` for sequences of up to ``max_model_len`` tokens, in place."""
    for module in model.modules():
        if hasattr(module, "rope_type"):
            _freeze(module, config, max_model_len)


def _freeze(rotary: Any, config: Any, max_model_len: int) -> None:
    nested = isinstance(rotary.rope_type, dict)  # by layer type
    for layer_type, parameters in _parameters(config).items():
        kind = rotary.rope_type[layer_type] if nested else rotary.rope_type
        if kind == "longrope" and max_model_len > (original := parameters["original_max_position_embeddings"]):
            frequencies, _ = ROPE_INIT_FUNCTIONS[kind](
                config, None, seq_len=original + 1, layer_type=layer_type if nested else None
            )
            with torch.no_grad():
                getattr(rotary, f"{layer_type}_inv_freq" if nested else "inv_freq").copy_(frequencies)
        if kind in ("longrope", "dynamic"):
            rotary.rope_type = {**rotary.rope_type, layer_type: "default"} if nested else "default"


def _parameters(config: Any) -> dict[str, dict[str, Any]]:
    """Rope parameters by layer type; under "" where all layers share them."""
    parameters: dict[str, Any] = getattr(config, "rope_parameters", None) or {}
    if parameters and all(isinstance(value, dict) for value in parameters.values()):
        return parameters
    return {"": parameters}
