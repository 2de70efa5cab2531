"""The recorder keeps each layer's spec and refuses every call that the engine's attention could not compute."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from service.errors import UnsupportedModel
from service.models.contracts.layer_spec import LayerSpec
from service.models.hf.layer_recorder import LayerRecorder

QUERY, KEY, VALUE = torch.ones(1, 4, 5, 8), torch.ones(1, 2, 5, 8), torch.ones(1, 2, 5, 6)


class Layer(nn.Module):
    def __init__(self, number: int | None = 0, **attributes: Any) -> None:
        super().__init__()
        self.layer_idx = number
        for name, value in attributes.items():
            setattr(self, name, value)


def call(recorder: LayerRecorder, layer: nn.Module, mask: Tensor | None = None, **kwargs: Any) -> Tensor:
    return recorder(layer, QUERY, KEY, VALUE, mask, **kwargs)


def test_each_layer_is_recorded_and_gets_zeros() -> None:
    recorder = LayerRecorder("Tiny")
    found = call(recorder, Layer(3), scaling=0.5, sliding_window=2, dropout=0.0, output_attentions=True, position_ids=1)
    assert torch.equal(found, torch.zeros(1, 5, 4, 6))
    assert recorder.layers == {3: LayerSpec(heads=4, kv_heads=2, key_dim=8, value_dim=6, scale=0.5, window=2)}


def test_a_layer_may_be_called_again() -> None:
    recorder, layer = LayerRecorder("Tiny"), Layer()
    call(recorder, layer)
    call(recorder, layer)
    assert list(recorder.layers) == [0]


@pytest.mark.parametrize(
    ("layer", "arguments", "reason"),
    [
        (Layer(None), {}, "an attention without a layer number"),
        (Layer(), {"mask": torch.zeros(5, 5)}, "a mask of its own"),
        (Layer(), {"s_aux": torch.zeros(4)}, "attention sinks"),
        (Layer(is_causal=False), {}, "attention to later tokens"),
        (Layer(), {"is_causal": False}, "attention to later tokens"),
        (Layer(), {"alibi": torch.zeros(4), "bias": 1.0}, "attention with alibi, bias"),
    ],
)
def test_unsupported_calls_are_refused(layer: nn.Module, arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnsupportedModel, match=f"Tiny has {reason}: that is not supported"):
        call(LayerRecorder("Tiny"), layer, **arguments)


def test_two_attentions_in_one_layer_are_refused() -> None:
    recorder = LayerRecorder("Tiny")
    call(recorder, Layer())
    with pytest.raises(UnsupportedModel, match="two attentions in layer 0"):
        call(recorder, Layer())
