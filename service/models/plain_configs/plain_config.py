"""The fields of ``config.json`` that all plain models share, and what follows from them.

A configuration is plain if every field in it is declared here or in its family's class. Fields have the meaning and
the defaults that transformers gives them, except for those that are listed as having no effect. A configuration with
another field, or with an unusual value, is not plain.
"""

from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from msgspec import Struct
from msgspec.structs import replace

from service.models.plain_configs.rope_parameters import Count, DefaultRope, Positive, Rope

EMBEDDINGS, HEAD = "model.embed_tokens.weight", "lm_head.weight"


class PlainConfig(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="model_type"):
    """The fields that the families have in common, under transformers' names."""

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
    rope_scaling: Rope | None = None  # the older name of rope_parameters
    rope_theta: Positive | None = None
    tie_word_embeddings: bool = False
    dtype: Literal["float32", "bfloat16", "float16"] | None = None
    torch_dtype: Literal["float32", "bfloat16", "float16"] | None = None  # the older name of dtype
    quantization_config: dict[str, Any] | None = None  # how the matrices in the files are quantized

    # These have no effect on the numbers.
    architectures: Any = None
    attention_dropout: Any = None
    bos_token_id: Any = None
    eos_token_id: Any = None
    initializer_range: Any = None
    pad_token_id: Any = None
    transformers_version: Any = None
    use_cache: Any = None

    head_dim: Count | None = None

    architecture: ClassVar[str]  # the name of transformers' model class
    qk_norm: ClassVar[bool] = False  # whether queries and keys are normalized

    @property
    def model_type(self) -> str:
        """transformers' name of the family."""
        return str(self.__struct_config__.tag)

    @property
    def key_dim(self) -> int:
        """The dimension of a head."""
        return self.head_dim or self.hidden_size // self.num_attention_heads

    @property
    def rope(self) -> Rope:
        """The parameters of rotary positions, with ``rope_theta`` filled in."""
        rope = self.rope_scaling or self.rope_parameters or DefaultRope()
        return replace(rope, rope_theta=rope.rope_theta or self.rope_theta)

    @property
    def windows(self) -> list[int | None]:
        """The attention window of each layer in tokens; None: the layer sees all earlier tokens."""
        return [None] * self.num_hidden_layers

    @property
    def biased_matrices(self) -> set[str]:
        """The names, within a layer, of the matrices that have a bias."""
        return set()

    def weights(self) -> Iterator[tuple[str, list[int]]]:
        """The names and shapes of all tensors. With tied embeddings a checkpoint may lack the head."""
        yield EMBEDDINGS, [self.vocab_size, self.hidden_size]
        yield HEAD, [self.vocab_size, self.hidden_size]
        yield "model.norm.weight", [self.hidden_size]
        for number in range(self.num_hidden_layers):
            for name, shape in self._layer_weights():
                yield f"model.layers.{number}.{name}", shape

    def _layer_weights(self) -> Iterator[tuple[str, list[int]]]:
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
            if name in self.biased_matrices:
                yield f"{name}.bias", shape[:1]
        for name in ("input_layernorm", "post_attention_layernorm"):
            yield f"{name}.weight", [self.hidden_size]
        if self.qk_norm:
            for name in ("q_norm", "k_norm"):
                yield f"self_attn.{name}.weight", [self.key_dim]
