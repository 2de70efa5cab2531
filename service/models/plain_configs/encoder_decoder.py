"""The fields of ``config.json`` that the layouts of encoder-decoders read, one class for each family.

Other fields say how to decode, or have no effect on the numbers. Sizes must be in the file; all other fields have
transformers' defaults. A configuration that says something in two ways is not plain.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from service.models.plain_configs.rope_parameters import Count, Positive


class EncoderDecoderConfig(Struct, frozen=True, kw_only=True, tag_field="model_type"):
    """The fields that all families have in common, under transformers' names."""

    vocab_size: Count
    d_model: Count
    architectures: Annotated[list[str], Meta(min_length=1)]
    quantization_config: None = None
    # Other names of sizes, which older files have in addition.
    hidden_size: int | None = None
    num_hidden_layers: int | None = None
    num_attention_heads: int | None = None
    head_dim: int | None = None

    @property
    def model_type(self) -> str:
        """transformers' name of the family."""
        return str(self.__struct_config__.tag)

    def _check_sizes(self, *sizes: int | None) -> None:
        """Raises ValueError if another name of a size has another value. ``sizes`` are those of the encoder."""
        given = (self.hidden_size, self.num_hidden_layers, self.num_attention_heads, self.head_dim)
        if any(other not in (None, size) for other, size in zip(given, sizes, strict=True)):
            raise ValueError("a size has two values")


class _Bart(EncoderDecoderConfig, frozen=True, kw_only=True):
    encoder_layers: Count
    decoder_layers: Count
    encoder_attention_heads: Count
    decoder_attention_heads: Count
    encoder_ffn_dim: Count
    decoder_ffn_dim: Count
    activation_function: str = "gelu"
    scale_embedding: bool = False

    def __post_init__(self) -> None:
        self._check_sizes(self.d_model, self.encoder_layers, self.encoder_attention_heads, None)


class Bart(_Bart, frozen=True, kw_only=True, tag="bart"):
    max_position_embeddings: Count


class MBart(Bart, frozen=True, kw_only=True, tag="mbart"):
    pass


class Pegasus(Bart, frozen=True, kw_only=True, tag="pegasus"):
    pass


class Marian(Bart, frozen=True, kw_only=True, tag="marian"):
    decoder_vocab_size: Count | None = None


class M2M100(Bart, frozen=True, kw_only=True, tag="m2m_100"):
    pad_token_id: int
    activation_function: str = "relu"
    scale_embedding: bool = True


class Whisper(_Bart, frozen=True, kw_only=True, tag="whisper"):
    num_mel_bins: Count
    max_source_positions: Count
    max_target_positions: Count


class T5(EncoderDecoderConfig, frozen=True, kw_only=True, tag="t5"):
    """A file that transformers has written has what follows from ``feed_forward_proj`` too, and that counts."""

    d_kv: Count
    d_ff: Count
    num_layers: Count
    num_heads: Count
    decoder_layers: Count | None = field(default=None, name="num_decoder_layers")
    relative_attention_num_buckets: Count = 32
    relative_attention_max_distance: Count = 128
    layer_norm_epsilon: Positive = 1e-6
    feed_forward_proj: Annotated[str, Meta(pattern="^(gated-)?[^-]+$")] = "relu"
    activation: str | None = field(default=None, name="dense_act_fn")
    gated: bool | None = field(default=None, name="is_gated_act")
    scales: bool | None = field(default=None, name="scale_decoder_outputs")
    tied: bool | None = field(default=None, name="tie_word_embeddings")

    def __post_init__(self) -> None:
        self._check_sizes(self.d_model, self.num_layers, self.num_heads, self.d_kv)

    @property
    def num_decoder_layers(self) -> int:
        return self.decoder_layers or self.num_layers

    @property
    def dense_act_fn(self) -> str:
        """``gated-gelu`` means the approximation of GELU by tanh."""
        derived = "gelu_new" if self.feed_forward_proj == "gated-gelu" else self.feed_forward_proj.split("-")[-1]
        return self.activation or derived

    @property
    def is_gated_act(self) -> bool:
        return self.feed_forward_proj.startswith("gated-") if self.gated is None else self.gated

    @property
    def scale_decoder_outputs(self) -> bool:
        """Files of T5 1.1 say that the head has weights of its own; only the first T5 scales what it reads."""
        return self.tied is not False if self.scales is None else self.scales


class MT5(T5, frozen=True, kw_only=True, tag="mt5"):
    feed_forward_proj: Annotated[str, Meta(pattern="^(gated-)?[^-]+$")] = "gated-gelu"


class UMT5(MT5, frozen=True, kw_only=True, tag="umt5"):
    tie_word_embeddings = True  # whatever the file says, as in transformers


AnyEncoderDecoder: Any = Bart | MBart | Pegasus | Marian | M2M100 | Whisper | T5 | MT5 | UMT5
