"""Families whose MLP reads what the attention reads, or may: Cohere, StableLM, GPT-NeoX, Phi, Falcon."""

from dataclasses import replace
from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, Norm, Rotation
from service.models.layouts.errors import NoLayout
from service.models.layouts.standard import Shape, activation, standard_layout, whole_layout


def cohere(config: Any) -> DecoderLayout:
    return _cohere(config, [True] * config.num_hidden_layers)


def cohere2(config: Any) -> DecoderLayout:
    """Layers without a window have no positions."""
    return _cohere(config, [kind == "sliding_attention" for kind in config.layer_types])


def _cohere(config: Any, turns: list[bool]) -> DecoderLayout:
    norm = partial(Norm, eps=config.layer_norm_eps, centered=True)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        if getattr(config, "use_qk_norm", False):
            heads = partial(norm, by_head=True)
            layer = replace(layer, q_norm=heads(f"{name}.self_attn.q_norm"), k_norm=heads(f"{name}.self_attn.k_norm"))
        rotation = Rotation(interleaved=True) if turns[number] else None
        return replace(layer, rotation=rotation, mlp_in=None, parallel=True)

    return standard_layout(config, norm=norm, change=change, logit_scale=config.logit_scale)


def stablelm(config: Any) -> DecoderLayout:
    if config.qk_layernorm:
        raise NoLayout("every head has a norm of its own")
    norm = partial(Norm, eps=config.layer_norm_eps, centered=True)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        return replace(layer, mlp_in=None, parallel=True) if config.use_parallel_residual else layer

    return standard_layout(config, norm=norm, change=change, plain_attention=True)


def phi(config: Any) -> DecoderLayout:
    """Phi 1 and 2."""
    shape = Shape.of(config)
    norm = partial(Norm, eps=config.layer_norm_eps, centered=True)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        if config.qk_layernorm:
            heads = partial(norm, by_head=True)
            q_norm, k_norm = (heads(f"{name}.self_attn.{each}_layernorm") for each in "qk")
            layer = replace(layer, q_norm=q_norm, k_norm=k_norm)
        return replace(
            layer,
            o=shape.o(f"{name}.self_attn.dense"),
            up=shape.up(f"{name}.mlp.fc1"),
            down=shape.down(f"{name}.mlp.fc2"),
            gated=False,
            mlp_in=None,
            parallel=True,
        )

    layout = standard_layout(config, norm=norm, change=change)
    return replace(layout, norm=norm("model.final_layernorm"))


def gpt_neox(config: Any) -> DecoderLayout:
    shape = Shape.of(config)
    norm = partial(Norm, eps=config.layer_norm_eps, centered=True)
    layers = []
    for number in range(shape.layers):
        name = f"gpt_neox.layers.{number}"
        layers.append(
            LayerLayout(
                qkv=shape.grouped_qkv(f"{name}.attention.query_key_value"),
                o=shape.o(f"{name}.attention.dense"),
                up=shape.up(f"{name}.mlp.dense_h_to_4h"),
                down=shape.down(f"{name}.mlp.dense_4h_to_h"),
                gated=False,
                activation=activation(config.hidden_act),
                rotation=Rotation(),
                attention_in=norm(f"{name}.input_layernorm"),
                mlp_in=norm(f"{name}.post_attention_layernorm"),
                parallel=config.use_parallel_residual,
            )
        )
    return whole_layout(
        config,
        shape,
        layers,
        norm=norm("gpt_neox.final_layer_norm"),
        embeddings="gpt_neox.embed_in",
    )


def falcon(config: Any) -> DecoderLayout:
    if config.alibi:
        raise NoLayout("positions are ALiBi's")
    grouped = config.new_decoder_architecture
    heads = config.num_attention_heads
    kv_heads = config.num_kv_heads if grouped else 1 if config.multi_query else heads
    shape = replace(Shape.of(config, inner=config.ffn_hidden_size), kv_heads=kv_heads)
    norm = partial(Norm, eps=config.layer_norm_epsilon, centered=True)
    two_norms = grouped and config.num_ln_in_parallel_attn in (None, 2)
    parallel = grouped or config.parallel_attn
    layers = []
    for number in range(shape.layers):
        name = f"transformer.h.{number}"
        mlp_in = f"{name}.ln_mlp" if two_norms else "" if parallel else f"{name}.post_attention_layernorm"
        layers.append(
            LayerLayout(
                qkv=shape.grouped_qkv(f"{name}.self_attention.query_key_value"),
                o=shape.o(f"{name}.self_attention.dense"),
                up=shape.up(f"{name}.mlp.dense_h_to_4h"),
                down=shape.down(f"{name}.mlp.dense_4h_to_h"),
                gated=False,
                activation=activation(config.activation),
                rotation=Rotation(),
                attention_in=norm(f"{name}.ln_attn" if two_norms else f"{name}.input_layernorm"),
                mlp_in=norm(mlp_in) if mlp_in else None,
                parallel=parallel,
            )
        )
    return whole_layout(
        config,
        shape,
        layers,
        norm=norm("transformer.ln_f"),
        embeddings="transformer.word_embeddings",
        plain_attention=True,
    )
