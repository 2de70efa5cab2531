"""T5 and its kin: mT5, UMT5, and MADLAD-400, which is a T5. Positions are a bias of the scores."""

from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import LinearPart, Norm
from service.models.contracts.encoder_decoder_layout import (
    CodecLayer,
    CrossAttention,
    EncoderDecoderLayout,
    RelativeBias,
    Stack,
)
from service.models.layouts.standard import activation


def t5(config: Any) -> EncoderDecoderLayout:
    """The first layer's bias is that of all layers."""
    scale = config.d_model**-0.5 if config.scale_decoder_outputs else 1.0
    return _t5(config, own_biases=False, logit_scale=scale)


def mt5(config: Any) -> EncoderDecoderLayout:
    return _t5(config, own_biases=False, logit_scale=1.0)


def umt5(config: Any) -> EncoderDecoderLayout:
    """Each layer has a bias of its own."""
    scale = config.d_model**-0.5 if config.tie_word_embeddings else 1.0
    return _t5(config, own_biases=True, logit_scale=scale)


def _t5(config: Any, *, own_biases: bool, logit_scale: float) -> EncoderDecoderLayout:
    norm = partial(Norm, eps=config.layer_norm_epsilon)

    def stack(name: str, num_layers: int) -> Stack:
        return Stack(
            layers=tuple(_layer(name, n, config, own_bias=own_biases) for n in range(num_layers)),
            embeddings=(f"{name}.embed_tokens", "shared"),
            positions=None,
            embedding_norm=None,
            norm=norm(f"{name}.final_layer_norm"),
        )

    return EncoderDecoderLayout(
        encoder=stack("encoder", config.num_layers),
        decoder=stack("decoder", config.num_decoder_layers),
        vocab_size=config.vocab_size,
        hidden_size=config.d_model,
        heads=config.num_heads,
        head_dim=config.d_kv,
        score_scale=1.0,
        activation=activation(config.dense_act_fn),
        gated=config.is_gated_act,
        normalized_first=True,
        embedding_scale=1.0,
        head=("lm_head", "decoder.embed_tokens", "shared"),
        logit_scale=logit_scale,
    )


def _layer(stack: str, number: int, config: Any, *, own_bias: bool) -> CodecLayer:
    name, crosses = f"{stack}.block.{number}", stack == "decoder"
    hidden, inner, width = config.d_model, config.d_ff, config.num_heads * config.d_kv
    norm = partial(Norm, eps=config.layer_norm_epsilon)

    def attention(part: str, leaf: str) -> LinearPart:
        return LinearPart(f"{name}.layer.{part}.{leaf}", *((hidden, width) if leaf == "o" else (width, hidden)))

    cross = CrossAttention(
        q=attention("1.EncDecAttention", "q"),
        kv=(attention("1.EncDecAttention", "k"), attention("1.EncDecAttention", "v")),
        o=attention("1.EncDecAttention", "o"),
        norm=norm(f"{name}.layer.1.layer_norm"),
    )
    mlp = f"{name}.layer.{2 if crosses else 1}"
    ups = ("wi_0", "wi_1") if config.is_gated_act else ("wi",)
    return CodecLayer(
        qkv=tuple(attention("0.SelfAttention", leaf) for leaf in "qkv"),  # type: ignore[arg-type]
        o=attention("0.SelfAttention", "o"),
        attention_norm=norm(f"{name}.layer.0.layer_norm"),
        up=tuple(LinearPart(f"{mlp}.DenseReluDense.{up}", inner, hidden) for up in ups),
        down=LinearPart(f"{mlp}.DenseReluDense.wo", hidden, inner),
        mlp_norm=norm(f"{mlp}.layer_norm"),
        bias=RelativeBias(
            table=f"{stack}.block.{number if own_bias else 0}.layer.0.SelfAttention.relative_attention_bias.weight",
            buckets=config.relative_attention_num_buckets,
            max_distance=config.relative_attention_max_distance,
        ),
        cross=cross if crosses else None,
    )
