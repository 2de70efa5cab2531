"""The size of the KV cache, and the context lengths that fit."""

from pathlib import Path
from typing import Any

import pytest
import torch

from service.engine.attention.kv_cache import KVCache
from service.engine.execution import cache_sizing
from service.engine.execution.step_limits import StepLimits
from service.errors import EngineError
from service.models.loaded_model import LoadedModel
from service.models.loader import load
from tests.engine.configs import engine_config
from tests.engine.tiny_models import MAX_MODEL_LEN, build_model, save_model

CPU = torch.device("cpu")


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
    (cache,), max_model_len = cache_sizing.make_caches(
        [loaded], config, StepLimits.from_config(config, cuda=False), CPU
    )
    return cache, max_model_len


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
    monkeypatch.setattr(cache_sizing, "available_memory", lambda: 4 * 100 * 16 * 256)
    assert size(loaded)[0].num_blocks == 100
    monkeypatch.setattr(cache_sizing, "available_memory", lambda: 1 << 40)
    monkeypatch.setattr(cache_sizing, "MAX_CPU_BYTES", 50 * 16 * 256)
    assert size(loaded)[0].num_blocks == 50


def test_a_small_cache_shortens_the_default_context(loaded: LoadedModel) -> None:
    assert size(loaded, num_blocks=3)[1] == 48


def test_a_context_that_was_asked_for_must_fit(loaded: LoadedModel) -> None:
    with pytest.raises(EngineError, match="room for 48 tokens, but one sequence of 64 tokens needs 1 MiB"):
        size(loaded, num_blocks=3, max_model_len=64)


def test_a_cache_without_a_single_block_is_refused(loaded: LoadedModel) -> None:
    with pytest.raises(EngineError, match="room for 0 tokens"):
        size(loaded, kv_cache_memory=1000)
