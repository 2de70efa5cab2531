"""The attention function that transformers' modules call, and what the engine hands to it.

transformers forwards unknown keyword arguments of ``model(...)`` untouched down to the attention function, so the
object that computes a step travels as ``paged_attention=``: there is no global state. No mask is ever built by the
model, because transformers knows no mask function under our name.
"""

from typing import Any, Protocol

from torch import Tensor, nn

from service.errors import UnsupportedModel

NAME = "trivium_paged"


class Attention(Protocol):
    """Computes the attention of every layer in one forward pass."""

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        """Attend from ``query`` [1, H, T, Dk] with the new ``key`` [1, KV, T, Dk] and ``value`` [1, KV, T, Dv].

        Positions are already encoded. ``module.layer_idx`` names the layer. Returns [1, T, H, Dv].
        """
        ...


def attention_forward(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    paged_attention: Attention | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in place of its own attention."""
    if paged_attention is None:
        raise UnsupportedModel(f"{type(module).__name__} does not receive what the engine passes to the model")
    return paged_attention(module, query, key, value, attention_mask, **kwargs), None
