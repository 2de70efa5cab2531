"""Llama and the families that differ from it in little: scalars, norms of heads, layers without rotary positions.

Biases need no word here: a linear layer has one if the model has its tensor.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, Rotation
from service.models.layouts.standard import Shape, require_whole_heads, rms, standard_layout, with_head_norms


def llama(config: Any) -> DecoderLayout:
    """Also Mistral, Ministral, Qwen 2 and Seed-OSS."""
    require_whole_heads(config)
    return standard_layout(config)


def qwen3(config: Any) -> DecoderLayout:
    require_whole_heads(config)
    norm = rms(config)
    return standard_layout(
        config, change=lambda layer, number, name: with_head_norms(layer, norm, name, "q_norm", "k_norm")
    )


def granite(config: Any) -> DecoderLayout:
    require_whole_heads(config)
    return standard_layout(
        config,
        embedding_scale=config.embedding_multiplier,
        residual_scale=config.residual_multiplier,
        logit_scale=1 / config.logits_scaling,
    )


def smollm3(config: Any) -> DecoderLayout:
    """Every few layers have no positions (NoPE)."""
    require_whole_heads(config)
    turns = config.no_rope_layers
    return standard_layout(
        config, change=lambda layer, number, name: layer if turns[number] else replace(layer, rotation=None)
    )


def phi3(config: Any) -> DecoderLayout:
    """Phi-3 and Phi-4: matrices are fused, and positions may turn a part of each head."""
    shape = Shape.of(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        return replace(
            layer, qkv=shape.qkv(f"{name}.self_attn.qkv_proj"), up=shape.fused_up(f"{name}.mlp.gate_up_proj")
        )

    return standard_layout(config, change=change)


def interleaved(config: Any) -> DecoderLayout:
    """ERNIE 4.5 and Helium: neighbours in a head are turned together."""
    require_whole_heads(config)
    return standard_layout(config, change=_turns_neighbours)


def glm(config: Any) -> DecoderLayout:
    return _glm(config, lambda layer, number, name: layer)


def glm4(config: Any) -> DecoderLayout:
    """Each part ends with a norm."""
    norm = rms(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        return replace(
            layer,
            attention_out=norm(f"{name}.post_self_attn_layernorm"),
            mlp_out=norm(f"{name}.post_mlp_layernorm"),
        )

    return _glm(config, change)


def hunyuan(config: Any) -> DecoderLayout:
    """Queries and keys are normalized after they have turned."""
    require_whole_heads(config)
    norm = rms(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        layer = with_head_norms(layer, norm, name, "query_layernorm", "key_layernorm")
        return replace(layer, late_norm=True)

    return standard_layout(config, change=change)


def arcee(config: Any) -> DecoderLayout:
    """The MLP has no gate."""
    require_whole_heads(config)
    shape = Shape.of(config)
    return standard_layout(
        config,
        change=lambda layer, number, name: replace(layer, up=shape.up(f"{name}.mlp.up_proj"), gated=False),
    )


def _turns_neighbours(layer: LayerLayout, number: int, name: str) -> LayerLayout:
    return replace(layer, rotation=Rotation(interleaved=True))


def _glm(config: Any, change: Callable[[LayerLayout, int, str], LayerLayout]) -> DecoderLayout:
    shape = Shape.of(config)

    def change_both(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        layer = replace(layer, up=shape.fused_up(f"{name}.mlp.gate_up_proj"), rotation=Rotation(interleaved=True))
        return change(layer, number, name)

    return standard_layout(config, change=change_both)
