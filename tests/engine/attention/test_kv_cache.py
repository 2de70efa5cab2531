"""The tensors of the KV cache."""

import pytest
import torch

from service.engine.attention.kv_cache import KVCache, bytes_per_block
from service.models.contracts.layer_spec import LayerSpec

CPU = torch.device("cpu")
SPECS = [
    LayerSpec(heads=4, kv_heads=2, key_dim=8, value_dim=8, scale=1.0),
    LayerSpec(heads=4, kv_heads=1, key_dim=16, value_dim=4, scale=1.0, window=5),
]


@pytest.fixture
def cache() -> KVCache:
    return KVCache(SPECS, num_blocks=6, block_size=4, dtype=torch.bfloat16, device=CPU)


def test_each_layer_has_its_own_shape_and_one_block_more_than_the_pool_knows(cache: KVCache) -> None:
    first, second = cache.layers
    assert (first.key.shape, first.value.shape) == ((7, 4, 2, 8), (7, 4, 2, 8))
    assert (second.key.shape, second.value.shape) == ((7, 4, 1, 16), (7, 4, 1, 4))
    assert cache.null_block == cache.num_blocks == 6


def test_a_new_cache_is_all_zeros(cache: KVCache) -> None:
    assert all(not tensor.any() for layer in cache.layers for tensor in (layer.key, layer.value))


def test_the_cache_has_the_bytes_of_its_blocks(cache: KVCache) -> None:
    each = bytes_per_block(SPECS, 4, torch.bfloat16)
    assert each == 4 * 2 * (2 * (8 + 8) + 1 * (16 + 4))
    assert cache.num_bytes == 7 * each


def test_a_cache_of_int8_has_a_scale_for_each_key_and_value() -> None:
    each = bytes_per_block(SPECS, 4, torch.int8)
    assert each == 4 * (2 * (8 + 4 + 8 + 4) + 1 * (16 + 4 + 4 + 4))
    assert KVCache(SPECS, num_blocks=6, block_size=4, dtype=torch.int8, device=CPU).num_bytes == 7 * each


def test_written_keys_and_values_are_gathered(cache: KVCache) -> None:
    layer = cache.layers[1]
    key, value = torch.randn(3, 1, 16).bfloat16(), torch.randn(3, 1, 4).bfloat16()
    layer.write(torch.tensor([4 * 4 + 3, 2 * 4 + 0, 2 * 4 + 1]), key, value)
    keys, values = layer.gather(torch.tensor([4, 2, 0, 1]), rows=2)
    assert keys.shape == (2, 8, 1, 16)
    assert values.shape == (2, 8, 1, 4)
    assert torch.equal(keys[0, 3:6], key)
    assert torch.equal(values[0, 3:6], value)
    assert keys.count_nonzero() == key.count_nonzero()


def test_cleared_slots_are_zero_and_others_stay(cache: KVCache) -> None:
    for layer in cache.layers:
        layer.key.fill_(torch.nan)
        layer.value.fill_(1)
    cache.clear(torch.tensor([5, 6]))
    for layer in cache.layers:
        key, value = layer.key.flatten(0, 1), layer.value.flatten(0, 1)
        assert not key[5:7].any()
        assert not value[5:7].any()
        assert key.isnan().sum() == key.numel() - key[5:7].numel()
        assert (value == 1).sum() == value.numel() - value[5:7].numel()


def test_blocks_are_copied_at_once_in_every_layer(cache: KVCache) -> None:
    for layer in cache.layers:
        for tensor in (layer.key, layer.value):
            tensor.copy_(torch.arange(7.0).view(7, 1, 1, 1).expand_as(tensor))
    cache.copy_blocks([(1, 4), (1, 0), (2, 5)])
    for layer in cache.layers:
        for tensor in (layer.key, layer.value):
            assert torch.equal(tensor[:, 0, 0, 0].float(), torch.tensor([1, 1, 2, 3, 1, 2, 6]).float())
            assert bool((tensor == tensor[:, :1, :1, :1]).all())
