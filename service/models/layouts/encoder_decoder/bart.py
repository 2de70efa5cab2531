"""BART and its kin: Marian, mBART, Pegasus, M2M100 with NLLB, and Whisper. They have absolute positions and biases."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from service.models.contracts.decoder_layout import LinearPart, Norm
from service.models.contracts.encoder_decoder_layout import (
    CodecLayer,
    CrossAttention,
    EncoderDecoderLayout,
    FeatureReader,
    Positions,
    Stack,
)
from service.models.layouts.errors import NoLayout
from service.models.layouts.standard import activation

_norm = partial(Norm, eps=1e-5, centered=True)


def bart(config: Any) -> EncoderDecoderLayout:
    """A normalization follows each part. Positions are learned; the first two rows of their table are not used."""
    return _bart(config, _learned(config), embedding_norm=True, normalized_first=False)


def mbart(config: Any) -> EncoderDecoderLayout:
    """As BART, but a normalization stands before each part and behind the last layer."""
    return _bart(config, _learned(config), embedding_norm=True, normalized_first=True)


def marian(config: Any) -> EncoderDecoderLayout:
    """As BART, with computed positions. Source and target may have vocabularies of their own."""
    positions = Positions(config.max_position_embeddings, sinusoids="powers")
    return _bart(config, lambda _: positions, embedding_norm=False, normalized_first=False)


def pegasus(config: Any) -> EncoderDecoderLayout:
    positions = Positions(config.max_position_embeddings, sinusoids="powers")
    return _bart(config, lambda _: positions, embedding_norm=False, normalized_first=True)


def m2m_100(config: Any) -> EncoderDecoderLayout:
    """M2M100 and NLLB. The row of the padding token's id would be position -1."""
    positions = Positions(config.max_position_embeddings, first=config.pad_token_id + 1, sinusoids="exponentials")
    return _bart(config, lambda _: positions, embedding_norm=False, normalized_first=True)


def whisper(config: Any) -> EncoderDecoderLayout:
    """As mBART, for speech: the encoder reads features by convolutions. Keys have no bias."""

    def positions(stack: str) -> Positions:
        count = config.max_source_positions if stack == "encoder" else config.max_target_positions
        return Positions(count, table=f"model.{stack}.embed_positions.weight")

    layout = _bart(config, positions, embedding_norm=False, normalized_first=True)
    reader = FeatureReader(config.num_mel_bins, "model.encoder.conv1", "model.encoder.conv2")
    return replace(
        layout,
        encoder=replace(layout.encoder, embeddings=()),
        logit_bias=None,
        head=("proj_out", "model.decoder.embed_tokens"),
        features=reader,
    )


def _learned(config: Any) -> Callable[[str], Positions]:
    count = config.max_position_embeddings
    return lambda stack: Positions(count, first=2, table=f"model.{stack}.embed_positions.weight")


def _bart(
    config: Any, positions: Callable[[str], Positions], *, embedding_norm: bool, normalized_first: bool
) -> EncoderDecoderLayout:
    """``positions`` are those of the stack with a given name."""
    heads = config.decoder_attention_heads
    if config.encoder_attention_heads != heads or config.encoder_ffn_dim != config.decoder_ffn_dim:
        raise NoLayout("encoder and decoder have other sizes")
    hidden = config.d_model

    def stack(name: str, num_layers: int) -> Stack:
        return Stack(
            layers=tuple(
                _layer(f"model.{name}.layers.{n}", config, cross=name == "decoder") for n in range(num_layers)
            ),
            embeddings=(f"model.{name}.embed_tokens", "model.shared"),
            positions=positions(name),
            embedding_norm=_norm(f"model.{name}.layernorm_embedding") if embedding_norm else None,
            norm=_norm(f"model.{name}.layer_norm") if normalized_first else None,
        )

    return EncoderDecoderLayout(
        encoder=stack("encoder", config.encoder_layers),
        decoder=stack("decoder", config.decoder_layers),
        vocab_size=getattr(config, "decoder_vocab_size", None) or config.vocab_size,
        hidden_size=hidden,
        heads=heads,
        head_dim=hidden // heads,
        score_scale=(hidden // heads) ** -0.5,
        activation=activation(config.activation_function),
        gated=False,
        normalized_first=normalized_first,
        embedding_scale=hidden**0.5 if config.scale_embedding else 1.0,
        head=("lm_head", "model.decoder.embed_tokens", "model.shared"),
        logit_bias="final_logits_bias",
    )


def _layer(name: str, config: Any, *, cross: bool) -> CodecLayer:
    hidden, inner = config.d_model, config.decoder_ffn_dim

    def attention(part: str, leaf: str) -> LinearPart:
        return LinearPart(f"{name}.{part}.{leaf}_proj", hidden, hidden)

    source = CrossAttention(
        q=attention("encoder_attn", "q"),
        kv=(attention("encoder_attn", "k"), attention("encoder_attn", "v")),
        o=attention("encoder_attn", "out"),
        norm=_norm(f"{name}.encoder_attn_layer_norm"),
    )
    return CodecLayer(
        qkv=(attention("self_attn", "q"), attention("self_attn", "k"), attention("self_attn", "v")),
        o=attention("self_attn", "out"),
        attention_norm=_norm(f"{name}.self_attn_layer_norm"),
        up=(LinearPart(f"{name}.fc1", inner, hidden),),
        down=LinearPart(f"{name}.fc2", hidden, inner),
        mlp_norm=_norm(f"{name}.final_layer_norm"),
        cross=source if cross else None,
    )
