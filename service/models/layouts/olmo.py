"""OLMo, and EXAONE 4, which is similar: from OLMo 2 on norms follow each part and nothing precedes it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, Norm, Rotation
from service.models.layouts.standard import require_whole_heads, rms, standard_layout, with_head_norms


def olmo(config: Any) -> DecoderLayout:
    """Layer norms without weights, and limits on queries, keys and values."""
    require_whole_heads(config)
    norm = partial(Norm, eps=1e-5, centered=True)
    return standard_layout(config, norm=norm, clip=config.clip_qkv or 0.0)


def olmo2(config: Any) -> DecoderLayout:
    require_whole_heads(config)
    norm = rms(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        return with_whole_norms(after_norms(layer, norm, name), norm, name)

    return standard_layout(config, change=change)


def olmo3(config: Any) -> DecoderLayout:
    """Local and global layers may have different rotary positions."""
    layout = olmo2(config)
    pairs = zip(layout.layers, config.layer_types, strict=True)
    return replace(layout, layers=tuple(replace(layer, rotation=Rotation(table=kind)) for layer, kind in pairs))


def exaone4(config: Any) -> DecoderLayout:
    """Norms of heads. In models with windows, layers without one have no positions."""
    require_whole_heads(config)
    norm = rms(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        layer = with_head_norms(after_norms(layer, norm, name), norm, name, "q_norm", "k_norm")
        turns = config.sliding_window is None or config.layer_types[number] == "sliding_attention"
        return layer if turns else replace(layer, rotation=None)

    return standard_layout(config, change=change)


def after_norms(layer: LayerLayout, norm: Callable[..., Norm], name: str) -> LayerLayout:
    return replace(
        layer,
        attention_in=None,
        attention_out=norm(f"{name}.post_attention_layernorm"),
        mlp_in=None,
        mlp_out=norm(f"{name}.post_feedforward_layernorm"),
    )


def with_whole_norms(layer: LayerLayout, norm: Callable[..., Norm], name: str) -> LayerLayout:
    """Queries, and keys, are normalized across all heads."""
    return replace(layer, q_norm=norm(f"{name}.self_attn.q_norm"), k_norm=norm(f"{name}.self_attn.k_norm"))
