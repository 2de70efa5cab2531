"""Paged attention writes a layer's keys and values to the cache, and then asks the layer's backend."""

import pytest
import torch
from torch import Tensor, nn

from service.engine.attention.kv_cache import KVCache, LayerCache
from service.engine.attention.paged import PagedAttention
from service.models.contracts.layer_spec import LayerSpec

SPEC = LayerSpec(heads=4, kv_heads=2, key_dim=8, value_dim=8, scale=1.0)
SLOTS = torch.tensor([9, 2, 3])


class Layer(nn.Module):
    """The attention module of one layer."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.layer_idx = number


class Backend:
    """Returns its number in every value, and keeps the layers that it was asked for."""

    def __init__(self, number: float) -> None:
        self.number = number
        self.layers: list[LayerCache] = []

    def attend(self, layer: LayerCache, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        assert (query.shape, key.shape, value.shape) == ((3, 4, 8), (3, 2, 8), (3, 2, 8))
        assert torch.equal(layer.key.flatten(0, 1)[SLOTS], key), "the step's keys must be in the cache already"
        assert torch.equal(layer.value.flatten(0, 1)[SLOTS], value)
        self.layers.append(layer)
        return torch.full((3, 4, 8), self.number)


@pytest.fixture
def cache() -> KVCache:
    """A cache of two layers, of which the second one uses flash attention."""
    return KVCache(
        [SPEC, SPEC],
        num_blocks=4,
        block_size=4,
        dtype=torch.float32,
        device=torch.device("cpu"),
        uses_flash=[False, True],
    )


def attend(attention: PagedAttention, layer: int) -> Tensor:
    """The result for tensors as a model of transformers passes them: [1, heads, rows, dimension]."""
    query, key, value = torch.randn(1, 4, 3, 8), torch.randn(1, 2, 3, 8), torch.randn(1, 2, 3, 8)
    return attention(Layer(layer), query, key, value, None)


def test_each_layer_is_computed_by_its_backend(cache: KVCache) -> None:
    gathered, flash = Backend(1.0), Backend(2.0)
    attention = PagedAttention(cache, SLOTS, gathered=gathered, flash=flash)
    assert torch.equal(attend(attention, 0), torch.full((1, 3, 4, 8), 1.0))
    assert torch.equal(attend(attention, 1), torch.full((1, 3, 4, 8), 2.0))
    assert (gathered.layers, flash.layers) == ([cache.layers[0]], [cache.layers[1]])


def test_without_flash_attention_all_layers_are_gathered(cache: KVCache) -> None:
    gathered = Backend(1.0)
    attention = PagedAttention(cache, SLOTS, gathered=gathered)
    for layer in (0, 1):
        attend(attention, layer)
    assert gathered.layers == cache.layers
