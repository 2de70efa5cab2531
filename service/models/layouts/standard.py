"""The layout that most families vary: Llama's names, with a normalization before each part and a gated MLP."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from service.models.contracts.decoder_layout import (
    Activation,
    DecoderLayout,
    LayerLayout,
    LinearPart,
    Norm,
    Rotation,
    Rows,
)
from service.models.layouts.errors import NoLayout

_ACTIVATIONS: dict[str, Activation] = {
    "silu": "silu",
    "swish": "silu",
    "gelu": "gelu",
    "gelu_python": "gelu",
    "gelu_fast": "gelu_tanh",
    "gelu_new": "gelu_tanh",
    "gelu_pytorch_tanh": "gelu_tanh",
    "gelu_python_tanh": "gelu_tanh",
    "relu": "relu",
    "relu2": "relu_squared",
}


def activation(name: str) -> Activation:
    """The activation that transformers calls ``name``. Raises NoLayout."""
    if name not in _ACTIVATIONS:
        raise NoLayout(f"the activation is {name}")
    return _ACTIVATIONS[name]


@dataclass(slots=True, frozen=True)
class Shape:
    """The sizes of a model, read from the fields that most configurations have."""

    layers: int
    hidden: int
    inner: int  # columns between the two linear layers of the MLP
    heads: int
    kv_heads: int
    head_dim: int

    @classmethod
    def of(cls, config: Any, *, inner: int = 0) -> Self:
        """``inner``: for configurations that have no ``intermediate_size``."""
        heads = config.num_attention_heads
        return cls(
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            inner=inner or config.intermediate_size,
            heads=heads,
            kv_heads=getattr(config, "num_key_value_heads", None) or heads,
            head_dim=getattr(config, "head_dim", None) or config.hidden_size // heads,
        )

    @property
    def queries(self) -> int:
        return self.heads * self.head_dim

    @property
    def keys(self) -> int:
        return self.kv_heads * self.head_dim

    def qkv(self, *names: str, transposed: bool = False) -> tuple[LinearPart, ...]:
        """Queries, keys and values, in three matrices or in one."""
        outputs = (self.queries, self.keys, self.keys)
        if len(names) == 1:
            outputs = (sum(outputs),)  # type: ignore[assignment]
        pairs = zip(names, outputs, strict=True)
        return tuple(LinearPart(name, size, self.hidden, transposed=transposed) for name, size in pairs)

    def grouped_qkv(self, name: str) -> tuple[LinearPart, ...]:
        """Queries, keys and values of one matrix in which those of one KV head stand together, group by group."""
        group = self.queries // self.kv_heads
        period = group + 2 * self.head_dim
        bounds = (0, group, group + self.head_dim, period)
        outputs = (self.queries, self.keys, self.keys)
        parts = zip(outputs, bounds[:-1], bounds[1:], strict=True)
        return tuple(LinearPart(name, size, self.hidden, Rows(period, begin, end)) for size, begin, end in parts)

    def o(self, name: str, *, transposed: bool = False) -> LinearPart:
        return LinearPart(name, self.hidden, self.queries, transposed=transposed)

    def up(self, *names: str, transposed: bool = False) -> tuple[LinearPart, ...]:
        """The first linear layer of the MLP. Gated ones have two matrices."""
        return tuple(LinearPart(name, self.inner, self.hidden, transposed=transposed) for name in names)

    def fused_up(self, name: str) -> tuple[LinearPart, ...]:
        """Gate and up in one matrix, one after the other."""
        halves = (Rows(2 * self.inner, begin, begin + self.inner) for begin in (0, self.inner))
        return tuple(LinearPart(name, self.inner, self.hidden, rows) for rows in halves)

    def down(self, name: str, *, transposed: bool = False) -> LinearPart:
        return LinearPart(name, self.hidden, self.inner, transposed=transposed)


def rms(config: Any) -> Callable[..., Norm]:
    """Makes normalizations with the configuration's ``rms_norm_eps``."""
    return partial(Norm, eps=config.rms_norm_eps)


def require_whole_heads(config: Any) -> None:
    """Raises NoLayout if the configuration of a family that turns whole heads says that only a part of each turns."""
    rope = getattr(config, "rope_parameters", None) or {}
    if isinstance(rope, dict) and rope.get("partial_rotary_factor", 1.0) != 1.0:
        raise NoLayout("positions turn only a part of each head")


def standard_layer(name: str, shape: Shape, norm: Callable[..., Norm], function: Activation) -> LayerLayout:
    """The layer ``name`` as Llama has it."""
    attention, mlp = f"{name}.self_attn", f"{name}.mlp"
    return LayerLayout(
        qkv=shape.qkv(*(f"{attention}.{each}_proj" for each in "qkv")),
        o=shape.o(f"{attention}.o_proj"),
        up=shape.up(f"{mlp}.gate_proj", f"{mlp}.up_proj"),
        down=shape.down(f"{mlp}.down_proj"),
        gated=True,
        activation=function,
        rotation=Rotation(),
        attention_in=norm(f"{name}.input_layernorm"),
        mlp_in=norm(f"{name}.post_attention_layernorm"),
    )


def standard_layout(
    config: Any,
    *,
    norm: Callable[..., Norm] | None = None,
    function: str | None = None,
    change: Callable[[LayerLayout, int, str], LayerLayout] | None = None,
    **fields: Any,
) -> DecoderLayout:
    """A model as Llama is. ``norm`` makes its normalizations; ``function`` is its activation (``hidden_act``).

    ``change`` gets each layer, its number and its name, and returns what the family has instead. ``fields`` are those
    of ``DecoderLayout``.
    """
    shape = Shape.of(config)
    norm = norm or rms(config)
    used = activation(function or config.hidden_act)
    layers = []
    for number in range(shape.layers):
        name = f"model.layers.{number}"
        layer = standard_layer(name, shape, norm, used)
        layers.append(layer if change is None else change(layer, number, name))
    return whole_layout(config, shape, layers, **({"norm": norm("model.norm")} | fields))


def whole_layout(config: Any, shape: Shape, layers: list[LayerLayout], **fields: Any) -> DecoderLayout:
    """The layout of ``layers``. ``fields`` are those of ``DecoderLayout`` that the shape does not say."""
    return DecoderLayout(
        layers=tuple(layers),
        vocab_size=config.vocab_size,
        hidden_size=shape.hidden,
        heads=shape.heads,
        kv_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        **fields,
    )


def with_head_norms(layer: LayerLayout, norm: Callable[..., Norm], name: str, q: str, k: str) -> LayerLayout:
    """The layer ``name`` with normalizations ``q`` and ``k`` of each head of its queries and keys."""
    return replace(
        layer, q_norm=norm(f"{name}.self_attn.{q}", by_head=True), k_norm=norm(f"{name}.self_attn.{k}", by_head=True)
    )
