"""The constants of one layer's attention: the shape of its heads, and which tokens a token sees."""

from dataclasses import dataclass
from typing import Any, Self

from torch import Tensor


@dataclass(slots=True, frozen=True)
class LayerSpec:
    """The constants of one layer's attention. Layers of one model may differ in every field."""

    heads: int
    kv_heads: int
    key_dim: int
    value_dim: int
    scale: float
    window: int | None = None  # a token sees itself and the window - 1 tokens before it; None: all before it
    softcap: float | None = None  # scores become softcap * tanh(scores / softcap)

    @classmethod
    def from_call(
        cls,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        *,
        scaling: float | None = None,
        sliding_window: int | None = None,
        softcap: float | None = None,
        **_: Any,
    ) -> Self:
        """Read the spec from the arguments of an attention call; the tensors are [1, heads, T, dim] each."""
        return cls(
            heads=query.shape[1],
            kv_heads=key.shape[1],
            key_dim=key.shape[-1],
            value_dim=value.shape[-1],
            scale=query.shape[-1] ** -0.5 if scaling is None else float(scaling),
            window=sliding_window,
            softcap=softcap,
        )

    @property
    def values_per_token(self) -> int:
        """Numbers that the KV cache holds for one token of this layer."""
        return self.kv_heads * (self.key_dim + self.value_dim)
