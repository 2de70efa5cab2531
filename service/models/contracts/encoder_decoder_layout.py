"""What an encoder-decoder is made of: a description that torch and the compiled kernels can compute.

``service.models.layouts.encoder_decoder`` writes it from a configuration. Names are those of modules in transformers'
model. The encoder reads a whole source; each of its tokens sees all others. The decoder continues text; each of its
layers also attends to the encoder's last hidden states (Vaswani et al., 2017, arXiv:1706.03762). A layer adds the
result of each part to the hidden states, and a normalization stands before each part (``normalized_first``) or behind
the sum:

    x += o(attention(qkv(norm(x))))         x = norm(x + o(attention(qkv(x))))
    x += cross.o(attention(cross.q(norm(x)), source))      and so on
    x += down(activation(up(norm(x))))
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from service.models.contracts.decoder_layout import Activation, LinearPart, Norm


@dataclass(slots=True, frozen=True)
class Positions:
    """Absolute positions: the rows of a table, which are added to the embeddings."""

    count: int  # positions that there are
    first: int = 0  # the row of the table that belongs to position 0
    table: str = ""  # the tensor that holds the table; empty: it is computed
    sinusoids: Literal["", "powers", "exponentials"] = ""  # how a table is computed: ``sinusoids.py`` has the formulas


@dataclass(slots=True, frozen=True)
class RelativeBias:
    """A bias that each head adds to a score, by the distance of the key (Raffel et al., 2020: arXiv:1910.10683)."""

    table: str  # the embedding that holds it: [buckets, heads]
    buckets: int
    max_distance: int  # all longer distances share the last bucket


@dataclass(slots=True, frozen=True)
class CrossAttention:
    """The attention of a decoder layer to the source."""

    q: LinearPart
    kv: tuple[LinearPart, LinearPart]  # of the encoder's last hidden states
    o: LinearPart
    norm: Norm


@dataclass(slots=True, frozen=True)
class CodecLayer:
    """A layer of the encoder or, with ``cross``, of the decoder."""

    qkv: tuple[LinearPart, LinearPart, LinearPart]
    o: LinearPart
    attention_norm: Norm
    up: tuple[LinearPart, ...]  # gated: gate and up, and the result is activation(gate) * up
    down: LinearPart
    mlp_norm: Norm
    bias: RelativeBias | None = None
    cross: CrossAttention | None = None

    @property
    def matrices(self) -> Iterator[LinearPart]:
        yield from (*self.qkv, self.o, *self.up, self.down)
        if self.cross is not None:
            yield from (self.cross.q, *self.cross.kv, self.cross.o)


@dataclass(slots=True, frozen=True)
class Stack:
    """The encoder or the decoder."""

    layers: tuple[CodecLayer, ...]
    embeddings: tuple[str, ...]  # names of the same embedding; a checkpoint has one of them. Empty: features are read
    positions: Positions | None
    embedding_norm: Norm | None  # of the sum of embeddings and positions
    norm: Norm | None  # of the last hidden states


@dataclass(slots=True, frozen=True)
class FeatureReader:
    """Two convolutions of width 3 that turn features into the encoder's inputs; the second one halves their number.

    Their activation is gelu (Radford et al.: Whisper, 2022, arXiv:2212.04356).
    """

    channels: int
    first: str
    second: str


@dataclass(slots=True, frozen=True)
class EncoderDecoderLayout:
    """A whole model that continues text for a source."""

    encoder: Stack
    decoder: Stack
    vocab_size: int
    hidden_size: int
    heads: int
    head_dim: int
    score_scale: float  # of the products of queries and keys
    activation: Activation
    gated: bool
    normalized_first: bool
    embedding_scale: float
    head: tuple[str, ...]  # names of the same matrix; a checkpoint has one of them
    logit_scale: float = 1.0  # of the last hidden states before the head
    logit_bias: str | None = None  # a tensor [1, vocab_size]
    features: FeatureReader | None = None  # what reads the source, where it is no text

    @property
    def matrices(self) -> Iterator[LinearPart]:
        """All linear layers but the head and the convolutions."""
        for layer in (*self.encoder.layers, *self.decoder.layers):
            yield from layer.matrices

    @property
    def max_source_len(self) -> int:
        """Positions of the encoder; 0: no limit of its own."""
        return 0 if self.encoder.positions is None else self.encoder.positions.count
