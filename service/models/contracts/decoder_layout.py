"""What a decoder is made of: a description that the compiled kernels can compute.

``service.models.layouts`` writes it from a configuration, and ``service.models.native`` packs and computes what it
says. Names are those of modules in transformers' model. A decoder is a row of layers; each has two parts, attention
and MLP, and each part adds its result to the hidden states:

    x += attention_out(o(attention(qkv(attention_in(x)))))
    x += mlp_out(down(activation(up(mlp_in(x)))))
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Activation = Literal["identity", "silu", "gelu", "gelu_tanh", "relu", "relu_squared"]


@dataclass(slots=True, frozen=True)
class Rows:
    """Some outputs of a linear layer: of every ``period`` outputs those from ``begin`` to ``end``."""

    period: int
    begin: int
    end: int


@dataclass(slots=True, frozen=True)
class LinearPart:
    """A linear layer of the model, or a part of one."""

    name: str
    outputs: int  # of this part
    inputs: int
    rows: Rows | None = None  # which outputs of the model's layer; None: all
    transposed: bool = False  # the model stores [inputs, outputs]
    expert: int | None = None  # the model stores the matrices of all experts in one tensor, which has this name

    @property
    def key(self) -> str:
        """A name that no other matrix has. It is ``name`` where this is a whole layer."""
        part = "" if self.rows is None else f"[{self.rows.begin}:{self.rows.end} of {self.rows.period}]"
        return f"{self.name}{part}{' transposed' if self.transposed else ''}{_suffix(self.expert)}"

    def tensor(self, leaf: str) -> str:
        """The name of the model's tensor that holds the weights or biases: ``leaf``."""
        return self.name if self.expert is not None and leaf == "weight" else f"{self.name}.{leaf}"

    @property
    def all_outputs(self) -> int:
        """The outputs of the model's layer."""
        if self.rows is None:
            return self.outputs
        return self.outputs // (self.rows.end - self.rows.begin) * self.rows.period


def _suffix(expert: int | None) -> str:
    return "" if expert is None else f" {expert}"


@dataclass(slots=True, frozen=True)
class Norm:
    """A normalization by the root of the mean square, or, if ``centered``, layer normalization."""

    name: str
    eps: float
    centered: bool = False
    added: float = 0.0  # to each weight: Gemma stores w - 1
    by_head: bool = False  # of queries and keys: each head is normalized on its own


@dataclass(slots=True, frozen=True)
class Rotation:
    """Rotary positions. The tables say how many dimensions turn."""

    table: str = ""  # which of the model's tables; "" where all layers share one
    interleaved: bool = False  # neighbours are a pair; otherwise the halves of the dimensions that turn are


@dataclass(slots=True, frozen=True)
class Experts:
    """A router chooses a few MLPs for each row, and their results are summed with weights."""

    router: str
    up: tuple[tuple[LinearPart, ...], ...]  # of each expert
    down: tuple[LinearPart, ...]
    chosen: int  # experts of a row
    normalized: bool  # the weights of a row's experts sum up to 1
    gate: str | None = None  # gives a factor of the dense part, which all rows share

    @property
    def matrices(self) -> Iterator[LinearPart]:
        return (matrix for expert in (*self.up, self.down) for matrix in expert)


@dataclass(slots=True, frozen=True)
class LayerLayout:
    """One layer. A normalization that is None does not exist."""

    qkv: tuple[LinearPart, ...]
    o: LinearPart
    up: tuple[LinearPart, ...]  # gated: gate and up, and the result is activation(gate) * up
    down: LinearPart | None
    gated: bool
    activation: Activation
    rotation: Rotation | None
    attention_in: Norm | None = None
    attention_out: Norm | None = None
    mlp_in: Norm | None = None
    mlp_out: Norm | None = None
    q_norm: Norm | None = None
    k_norm: Norm | None = None
    late_norm: bool = False  # queries and keys are normalized after they have turned
    parallel: bool = False  # the MLP reads the layer's input: normalized by mlp_in, or else as the attention reads it
    query_scale: float = 1.0  # queries are multiplied by it before the attention
    experts: Experts | None = None  # added to ``down``, or alone where ``up`` is empty and ``down`` is None

    @property
    def linears(self) -> tuple[tuple[LinearPart, ...], ...]:
        """The matrices of the four linear layers of the kernels."""
        return self.qkv, (self.o,), self.up, () if self.down is None else (self.down,)


@dataclass(slots=True, frozen=True)
class DecoderLayout:
    """A whole model that continues text."""

    layers: tuple[LayerLayout, ...]
    vocab_size: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_dim: int
    norm: Norm | None  # of the last hidden states
    embeddings: str = "model.embed_tokens"
    head: str = "lm_head"
    learned_positions: str | None = None  # embeddings of positions
    first_position: int = 0  # the row of ``learned_positions`` that belongs to position 0
    embedding_scale: float = 1.0
    residual_scale: float = 1.0  # of what each part adds
    logit_scale: float = 1.0
    logit_cap: float = 0.0  # logits become cap * tanh(logit / cap); 0: they do not
    plain_attention: bool = False
    """All layers see all earlier tokens, with the usual scale. Else transformers' modules show how they attend."""
    clip: float = 0.0  # queries, keys and values are limited to [-clip, clip]; 0: they are not

    @property
    def matrices(self) -> Iterator[LinearPart]:
        """All linear layers but the head, routers and gates."""
        for layer in self.layers:
            yield from (matrix for linear in layer.linears for matrix in linear)
            if layer.experts is not None:
                yield from layer.experts.matrices
