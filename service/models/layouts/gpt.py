"""GPT-2 and its kin: layer norms with biases, MLPs without gates, mostly learned positions."""

from dataclasses import replace
from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import DecoderLayout, LayerLayout, Norm
from service.models.layouts.errors import NoLayout
from service.models.layouts.standard import Shape, activation, standard_layout, whole_layout


def gpt2(config: Any) -> DecoderLayout:
    """Matrices are stored transposed. Queries, keys and values are one matrix."""
    if config.add_cross_attention:
        raise NoLayout("there is attention to another model")
    return _gpt2(config, Shape.of(config, inner=config.n_inner or 4 * config.hidden_size), transposed=True)


def gpt_bigcode(config: Any) -> DecoderLayout:
    """StarCoder and SantaCoder: all heads may share keys and values."""
    if config.add_cross_attention:
        raise NoLayout("there is attention to another model")
    shape = Shape.of(config, inner=config.n_inner or 4 * config.hidden_size)
    if config.multi_query:
        return _gpt2(config, replace(shape, kv_heads=1), transposed=False)
    layout = _gpt2(config, shape, transposed=False)
    layers = (replace(layer, qkv=shape.grouped_qkv(layer.qkv[0].name)) for layer in layout.layers)
    return replace(layout, layers=tuple(layers))


def _gpt2(config: Any, shape: Shape, *, transposed: bool) -> DecoderLayout:
    norm = partial(Norm, eps=config.layer_norm_epsilon, centered=True)
    layers = []
    for number in range(shape.layers):
        name = f"transformer.h.{number}"
        layers.append(
            LayerLayout(
                qkv=shape.qkv(f"{name}.attn.c_attn", transposed=transposed),
                o=shape.o(f"{name}.attn.c_proj", transposed=transposed),
                up=shape.up(f"{name}.mlp.c_fc", transposed=transposed),
                down=shape.down(f"{name}.mlp.c_proj", transposed=transposed),
                gated=False,
                activation=activation(config.activation_function),
                rotation=None,
                attention_in=norm(f"{name}.ln_1"),
                mlp_in=norm(f"{name}.ln_2"),
            )
        )
    return whole_layout(
        config,
        shape,
        layers,
        norm=norm("transformer.ln_f"),
        embeddings="transformer.wte",
        learned_positions="transformer.wpe",
    )


def opt(config: Any) -> DecoderLayout:
    if config.word_embed_proj_dim != config.hidden_size:
        raise NoLayout("embeddings are projected")
    if not config.do_layer_norm_before or config._remove_final_layer_norm:
        raise NoLayout("norms follow the residual connections")
    shape = Shape.of(config, inner=config.ffn_dim)
    norm = partial(Norm, eps=1e-5, centered=True)
    layers = []
    for number in range(shape.layers):
        name = f"model.decoder.layers.{number}"
        layers.append(
            LayerLayout(
                qkv=shape.qkv(*(f"{name}.self_attn.{each}_proj" for each in "qkv")),
                o=shape.o(f"{name}.self_attn.out_proj"),
                up=shape.up(f"{name}.fc1"),
                down=shape.down(f"{name}.fc2"),
                gated=False,
                activation=activation(config.activation_function),
                rotation=None,
                attention_in=norm(f"{name}.self_attn_layer_norm"),
                mlp_in=norm(f"{name}.final_layer_norm"),
                query_scale=shape.head_dim**-0.5,
            )
        )
    return whole_layout(
        config,
        shape,
        layers,
        norm=norm("model.decoder.final_layer_norm"),
        embeddings="model.decoder.embed_tokens",
        learned_positions="model.decoder.embed_positions",
        first_position=2,
    )


def starcoder2(config: Any) -> DecoderLayout:
    """Rotary positions, as Llama."""
    shape = Shape.of(config)

    def change(layer: LayerLayout, number: int, name: str) -> LayerLayout:
        return replace(layer, up=shape.up(f"{name}.mlp.c_fc"), down=shape.down(f"{name}.mlp.c_proj"), gated=False)

    norm = partial(Norm, eps=config.norm_epsilon, centered=True)
    return standard_layout(config, norm=norm, change=change)
