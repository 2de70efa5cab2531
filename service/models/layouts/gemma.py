"""Gemma: weights of norms are stored less 1, embeddings are scaled; from Gemma 2 on each part ends with a norm."""

from dataclasses import replace
from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, Rotation
from service.models.layouts.standard import rms, standard_layout, with_head_norms


def gemma(config: Any) -> DecoderLayout:
    return _layout(config)


def gemma2(config: Any) -> DecoderLayout:
    return _layout(config, change=partial(_between_norms, config))


def gemma3(config: Any) -> DecoderLayout:
    """Norms of heads too. Local and global layers have different rotary positions."""

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        layer = with_head_norms(_between_norms(config, layer, number, name), _norm(config), name, "q_norm", "k_norm")
        return replace(layer, rotation=Rotation(table=config.layer_types[number]))

    return _layout(config, change=change)


def _layout(config: Any, **options: Any) -> DecoderLayout:
    return standard_layout(
        config,
        norm=_norm(config),
        function=getattr(config, "hidden_activation", None) or config.hidden_act,
        embedding_scale=config.hidden_size**0.5,
        logit_cap=getattr(config, "final_logit_softcapping", None) or 0.0,
        **options,
    )


def _norm(config: Any) -> Any:
    return partial(rms(config), added=1.0)


def _between_norms(config: Any, layer: LayerLayout, number: int, name: str) -> LayerLayout:
    norm = _norm(config)
    return replace(
        layer,
        attention_out=norm(f"{name}.post_attention_layernorm"),
        mlp_in=norm(f"{name}.pre_feedforward_layernorm"),
        mlp_out=norm(f"{name}.post_feedforward_layernorm"),
    )
