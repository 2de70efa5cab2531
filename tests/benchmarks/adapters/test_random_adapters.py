"""The adapters of the benchmark are adapters of its model."""

from pathlib import Path

import pytest

from benchmarks.adapters.random_adapters import write_adapters
from tests.engine.tiny_models import build_model, save_model
from tests.engine.workloads import Driver


def test_the_engine_loads_the_adapters(tmp_path: Path) -> None:
    save_model(build_model("llama"), tmp_path / "model")
    paths = write_adapters(tmp_path / "model", tmp_path / "adapters", count=2, rank=16)
    driver = Driver(tmp_path / "model", num_blocks=50, adapters={name: str(path) for name, path in paths.items()})
    loaded = driver.engine.info.adapters
    assert [(info.name, info.rank, info.error) for info in loaded] == [("adapter-0", 16, ""), ("adapter-1", 16, "")]


def test_a_model_with_other_layers_is_refused(tmp_path: Path) -> None:
    save_model(build_model("gpt2"), tmp_path / "model")
    with pytest.raises(ValueError, match="no linear layers"):
        write_adapters(tmp_path / "model", tmp_path / "adapters", count=1, rank=4)
