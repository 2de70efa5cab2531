"""Llama and the families that differ from it in little: biases, which weights alone show, and norms of heads."""

from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout
from service.models.layouts.standard import require_whole_heads, rms, standard_layout, with_head_norms


def llama(config: Any) -> DecoderLayout:
    """Llama, Mistral and Qwen 2."""
    require_whole_heads(config)
    return standard_layout(config)


def qwen3(config: Any) -> DecoderLayout:
    require_whole_heads(config)
    norm = rms(config)
    return standard_layout(
        config, change=lambda layer, number, name: with_head_norms(layer, norm, name, "q_norm", "k_norm")
    )
