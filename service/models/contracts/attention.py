"""The attention function that transformers' modules call, and the object that computes attention for it.

transformers forwards unknown keyword arguments of ``model(...)`` unchanged to the attention function. The engine uses
this to pass the object that computes a step's attention, as ``paged_attention=``, so there is no global state. The
model never builds a mask, because transformers has no mask function registered under ``ATTENTION_NAME``.
"""

from typing import Any, Protocol

from torch import Tensor, nn

from service.errors import UnsupportedModel

ATTENTION_NAME = "trivium_paged"  # the name under which ``attention_forward`` is registered with transformers


class Attention(Protocol):
    """Computes the attention of every layer in one forward pass."""

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        """Attend from ``query`` [1, H, T, Dk] with the new ``key`` [1, KV, T, Dk] and ``value`` [1, KV, T, Dv].

        Positions are already encoded. ``module.layer_idx`` is the number of the layer. Returns [1, T, H, Dv].
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
    """The function that transformers calls instead of its own attention. Returns [1, T, H, Dv] and no weights.

    Raises UnsupportedModel if the model did not forward ``paged_attention``.
    """
    if paged_attention is None:
        raise UnsupportedModel(f"{type(module).__name__} does not receive what the engine passes to the model")
    return paged_attention(module, query, key, value, attention_mask, **kwargs), None
