"""The spec of a layer is read from the arguments of its attention."""

import torch

from service.models.contracts.layer_spec import LayerSpec

QUERY, KEY, VALUE = torch.zeros(1, 6, 5, 16), torch.zeros(1, 2, 5, 16), torch.zeros(1, 2, 5, 12)


def test_heads_and_dimensions_come_from_the_tensors() -> None:
    spec = LayerSpec.from_call(QUERY, KEY, VALUE, dropout=0.0)
    assert spec == LayerSpec(heads=6, kv_heads=2, key_dim=16, value_dim=12, scale=0.25)
    assert spec.values_per_token == 2 * (16 + 12)


def test_scale_window_and_soft_cap_come_from_the_keywords() -> None:
    spec = LayerSpec.from_call(QUERY, KEY, VALUE, scaling=0.5, sliding_window=7, softcap=30.0)
    assert (spec.scale, spec.window, spec.softcap) == (0.5, 7, 30.0)
