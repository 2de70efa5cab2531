"""The cache's tensors, and how large it is made."""

from pathlib import Path
from typing import Any

import pytest
import torch

from service.engine.attention.kv_cache import KVCache, bytes_per_block
from service.engine.execution import cache_sizing as sizing
from service.engine.execution.step_limits import StepLimits
from service.errors import EngineError
from service.models.contracts.layer_spec import LayerSpec
from service.models.loaded_model import LoadedModel
from service.models.loader import load
from tests.engine.configs import engine_config
from tests.engine.tiny_models import MAX_MODEL_LEN, build_model, save_model

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


def test_it_starts_finite(cache: KVCache) -> None:
    assert all(not tensor.any() for layer in cache.layers for tensor in (layer.key, layer.value))


def test_its_bytes_are_those_of_its_blocks(cache: KVCache) -> None:
    each = bytes_per_block(SPECS, 4, torch.bfloat16)
    assert each == 4 * 2 * (2 * (8 + 8) + 1 * (16 + 4))
    assert cache.num_bytes == 7 * each


def test_what_is_written_is_gathered(cache: KVCache) -> None:
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


@pytest.fixture(scope="module")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model")
    save_model(build_model("llama"), path)
    return path


@pytest.fixture
def loaded(model_path: Path) -> LoadedModel:
    return load(engine_config(model_path), CPU)


def size(loaded: LoadedModel, path: str = "", **options: Any) -> tuple[KVCache, int]:
    config = engine_config(path, **options)
    return sizing.make_cache(loaded, config, StepLimits.from_config(config, cuda=False), CPU)


# One token of the tiny llama takes 2 layers * 2 heads * 16 numbers * 4 bytes = 256 bytes.


def test_memory_buys_blocks(loaded: LoadedModel) -> None:
    cache, max_model_len = size(loaded, kv_cache_memory=100 * 16 * 256 + 4095)
    assert (cache.num_blocks, cache.block_size, max_model_len) == (100, 16, MAX_MODEL_LEN)


def test_block_size_is_obeyed(loaded: LoadedModel) -> None:
    cache, _ = size(loaded, kv_cache_memory=100 * 16 * 256, block_size=8)
    assert (cache.num_blocks, cache.block_size) == (200, 8)


def test_no_more_blocks_than_the_sequences_of_a_step_can_fill(loaded: LoadedModel) -> None:
    cache, _ = size(loaded, max_num_seqs=3)
    assert cache.num_blocks == 3 * MAX_MODEL_LEN // 16


def test_num_blocks_overrides_the_memory(loaded: LoadedModel) -> None:
    cache, _ = size(loaded, num_blocks=5000, kv_cache_memory=1)
    assert cache.num_blocks == 5000


def test_the_default_takes_a_share_of_the_memory_and_never_all(
    loaded: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sizing, "available_memory", lambda: 4 * 100 * 16 * 256)
    assert size(loaded)[0].num_blocks == 100
    monkeypatch.setattr(sizing, "available_memory", lambda: 1 << 40)
    monkeypatch.setattr(sizing, "MAX_CPU_BYTES", 50 * 16 * 256)
    assert size(loaded)[0].num_blocks == 50


def test_a_small_cache_shortens_the_default_context(loaded: LoadedModel) -> None:
    assert size(loaded, num_blocks=3)[1] == 48


def test_a_context_that_was_asked_for_must_fit(loaded: LoadedModel) -> None:
    with pytest.raises(EngineError, match="room for 48 tokens, but one sequence of 64 tokens needs 1 MiB"):
        size(loaded, num_blocks=3, max_model_len=64)


def test_a_cache_without_a_single_block_is_refused(loaded: LoadedModel) -> None:
    with pytest.raises(EngineError, match="room for 0 tokens"):
        size(loaded, kv_cache_memory=1000)
