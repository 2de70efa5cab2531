"""The config.json of a Llama-like model that says everything itself, read without transformers.

A configuration is plain if every field in it is known here. Those that are not declared as having no effect mean what
they mean to transformers, defaults included; one more field, or a value out of the ordinary, and it is not plain.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

Count = Annotated[int, Meta(gt=0)]
Positive = Annotated[float, Meta(gt=0)]
Factor = Annotated[float, Meta(ge=1)]
LayerType = Literal["full_attention", "sliding_attention"]
Weights = Iterator[tuple[str, list[int]]]

EMBEDDINGS, HEAD = "model.embed_tokens.weight", "lm_head.weight"
_QKV = {"self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"}
_O = {"self_attn.o_proj"}
_MLP = {"mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"}


class NeedsTransformers(Exception):
    """The model has to be loaded with transformers; the message says why."""


class DefaultRope(Struct, frozen=True, forbid_unknown_fields=True, tag_field="rope_type", tag="default"):
    """How fast each pair of dimensions turns: see ``rotation``."""

    rope_theta: Positive | None = None


class LinearRope(DefaultRope, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="linear"):
    factor: Factor


class Llama3Rope(DefaultRope, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="llama3"):
    factor: Factor
    low_freq_factor: Positive
    high_freq_factor: Positive
    original_max_position_embeddings: Count


Rope = DefaultRope | LinearRope | Llama3Rope


class PlainConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="model_type"):
    """What the families have in common."""

    vocab_size: Count
    hidden_size: Count
    intermediate_size: Count
    num_hidden_layers: Count
    num_attention_heads: Count
    num_key_value_heads: Count
    max_position_embeddings: Count
    rms_norm_eps: Positive
    hidden_act: Literal["silu"]
    rope_parameters: Rope | None = None
    rope_scaling: Rope | None = None  # what it was called once
    rope_theta: Positive | None = None
    tie_word_embeddings: bool = False
    dtype: Literal["float32", "bfloat16", "float16"] | None = None
    torch_dtype: Literal["float32", "bfloat16", "float16"] | None = None

    # Without effect on the numbers
    architectures: Any = None
    attention_dropout: Any = None
    bos_token_id: Any = None
    eos_token_id: Any = None
    initializer_range: Any = None
    pad_token_id: Any = None
    transformers_version: Any = None
    use_cache: Any = None

    head_dim: Count | None = None

    architecture: ClassVar[str]  # transformers' class
    qk_norm: ClassVar[bool] = False

    @property
    def key_dim(self) -> int:
        """Dimensions of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def rope(self) -> Rope:
        """With its base in it."""
        rope = self.rope_scaling or self.rope_parameters or DefaultRope()
        return replace(rope, rope_theta=rope.rope_theta or self.rope_theta)

    @property
    def windows(self) -> list[int | None]:
        """Each layer's."""
        return [None] * self.num_hidden_layers

    @property
    def biased(self) -> set[str]:
        """The matrices that have a bias."""
        return set()

    def weights(self) -> Weights:
        """The names and shapes of all tensors. With tied embeddings the head need not be there."""
        yield EMBEDDINGS, [self.vocab_size, self.hidden_size]
        yield HEAD, [self.vocab_size, self.hidden_size]
        yield "model.norm.weight", [self.hidden_size]
        for number in range(self.num_hidden_layers):
            for name, shape in self._layer():
                yield f"model.layers.{number}.{name}", shape

    def _layer(self) -> Weights:
        queries, keys = self.num_attention_heads * self.key_dim, self.num_key_value_heads * self.key_dim
        matrices = {
            "self_attn.q_proj": [queries, self.hidden_size],
            "self_attn.k_proj": [keys, self.hidden_size],
            "self_attn.v_proj": [keys, self.hidden_size],
            "self_attn.o_proj": [self.hidden_size, queries],
            "mlp.gate_proj": [self.intermediate_size, self.hidden_size],
            "mlp.up_proj": [self.intermediate_size, self.hidden_size],
            "mlp.down_proj": [self.hidden_size, self.intermediate_size],
        }
        for name, shape in matrices.items():
            yield f"{name}.weight", shape
            if name in self.biased:
                yield f"{name}.bias", shape[:1]
        for name in ("input_layernorm", "post_attention_layernorm"):
            yield f"{name}.weight", [self.hidden_size]
        if self.qk_norm:
            for name in ("q_norm", "k_norm"):
                yield f"self_attn.{name}.weight", [self.key_dim]


class Llama(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="llama"):
    attention_bias: bool = False
    mlp_bias: bool = False
    pretraining_tp: Any = None

    architecture = "LlamaForCausalLM"

    @property
    def biased(self) -> set[str]:
        return (_QKV | _O if self.attention_bias else set()) | (_MLP if self.mlp_bias else set())


class Mistral(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="mistral"):
    sliding_window: Count | None  # of all layers

    architecture = "MistralForCausalLM"

    @property
    def windows(self) -> list[int | None]:
        return [self.sliding_window] * self.num_hidden_layers


class _Qwen(PlainConfig, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Some layers slide: those that ``layer_types`` names, or else the last ones."""

    use_sliding_window: bool = False
    sliding_window: Count | None = 4096
    max_window_layers: int = 28
    layer_types: list[LayerType] | None = None

    @property
    def windows(self) -> list[int | None]:
        if not self.use_sliding_window:
            return [None] * self.num_hidden_layers
        if self.layer_types is None:
            slides = [number >= self.max_window_layers for number in range(self.num_hidden_layers)]
        else:
            slides = [layer_type == "sliding_attention" for layer_type in self.layer_types]
        return [self.sliding_window if slide else None for slide in slides]


class Qwen2(_Qwen, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="qwen2"):
    head_dim: Count = 0  # 0: it is not there, which is not the same to transformers as null

    architecture = "Qwen2ForCausalLM"

    @property
    def biased(self) -> set[str]:
        return _QKV


class Qwen3(_Qwen, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="qwen3"):
    head_dim: Count
    attention_bias: bool = False

    architecture = "Qwen3ForCausalLM"
    qk_norm = True

    @property
    def biased(self) -> set[str]:
        return _QKV | _O if self.attention_bias else set()


def read(path: Path) -> PlainConfig:
    """Raises NeedsTransformers."""
    try:
        config = msgspec.json.decode(path.read_bytes(), type=Llama | Mistral | Qwen2 | Qwen3)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise NeedsTransformers(f"config.json: {error}") from error
    rope = config.rope
    if rope.rope_theta is None or (config.rope_scaling and config.rope_parameters):
        raise NeedsTransformers("config.json: rope_theta is not clear")
    if isinstance(rope, Llama3Rope) and rope.high_freq_factor <= rope.low_freq_factor:
        raise NeedsTransformers("config.json: high_freq_factor is not above low_freq_factor")
    if config.hidden_size % config.num_attention_heads or config.num_attention_heads % config.num_key_value_heads:
        raise NeedsTransformers("config.json: the heads do not divide")
    if len(config.windows) != config.num_hidden_layers:
        raise NeedsTransformers("config.json: layer_types are not as many as there are layers")
    return config
