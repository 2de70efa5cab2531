"""Records how a model's layers call their attention."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from service.errors import UnsupportedModel
from service.models.contracts.layer_spec import LayerSpec

_UNDERSTOOD = {"scaling", "dropout", "sliding_window", "softcap", "position_ids"}


class LayerRecorder:
    """An attention that computes nothing: it records each layer's spec and refuses calls that are not understood."""

    def __init__(self, architecture: str) -> None:
        self.layers: dict[int, LayerSpec] = {}  # by layer number
        self._architecture = architecture
        self._modules: dict[int, nn.Module] = {}

    def __call__(
        self, module: nn.Module, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, **kwargs: Any
    ) -> Tensor:
        """Zeros [1, T, H, Dv]. Raises UnsupportedModel if the engine's attention could not compute this call."""
        number = getattr(module, "layer_idx", None)
        if not isinstance(number, int):
            raise self._unsupported("an attention without a layer number")
        if self._modules.setdefault(number, module) is not module:
            raise self._unsupported(f"two attentions in layer {number}")
        if mask is not None:
            raise self._unsupported("a mask of its own")
        if kwargs.get("s_aux") is not None:
            raise self._unsupported("attention sinks")
        if getattr(module, "is_causal", True) is False or kwargs.get("is_causal") is False:
            raise self._unsupported("attention to later tokens")
        if unknown := _unknown_arguments(kwargs):
            raise self._unsupported(f"attention with {', '.join(unknown)}")
        self.layers[number] = LayerSpec.from_call(query, key, value, **kwargs)
        return query.new_zeros(1, query.shape[2], query.shape[1], value.shape[-1])

    def _unsupported(self, part: str) -> UnsupportedModel:
        return UnsupportedModel(f"{self._architecture} has {part}: that is not supported")


def _unknown_arguments(kwargs: Mapping[str, Any]) -> list[str]:
    """The arguments that may change the result and that the engine ignores. Booleans only ask for outputs."""
    return sorted(
        name
        for name, value in kwargs.items()
        if name not in _UNDERSTOOD and value is not None and not isinstance(value, bool)
    )
