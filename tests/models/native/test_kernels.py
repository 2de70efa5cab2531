"""The build of the kernels that is loaded, and the fallback without one."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from service.engine.execution.runner import ModelRunner
from service.models.native import kernels
from tests.engine.configs import engine_config
from tests.engine.workloads import Reference


def test_the_block_size_follows_the_lanes(lanes: int, llama: Reference) -> None:
    assert kernels.block_size() == 2 * lanes
    runner = ModelRunner(engine_config(llama.path, device="cpu", num_blocks=64))
    assert (runner.info.backend, runner.info.block_size) == ("native", 2 * lanes)


def test_the_processors_instructions_equal_plain_arithmetic() -> None:
    library = kernels.load()
    assert library is not None
    assert library.trivium_self_test() is None


def test_one_number_that_is_not_finite_is_found_wherever_it_is() -> None:
    library = kernels.load()
    assert library is not None
    numbers = np.full(101, np.finfo(np.float32).max, dtype=np.float32)
    assert library.trivium_all_finite(numbers.ctypes.data, numbers.size)
    for place in range(numbers.size):
        for broken in (np.inf, -np.inf, np.nan):
            changed = numbers.copy()
            changed[place] = broken
            assert not library.trivium_all_finite(changed.ctypes.data, changed.size)


def test_the_narrow_layout_takes_the_sizes_that_do_not_fit(lanes: int) -> None:
    assert kernels.block_size(48) == kernels.block_size(128, 16) == kernels.block_size(0, 80) == 16
    assert kernels.block_size(64) == kernels.block_size(96, 0) == kernels.block_size(128, 64) == 2 * lanes
    for size in (8, 40, 100):
        assert kernels.find_build(size) is None
        assert kernels.load(size) is None


def test_libraries_are_found_beside_the_package_before_the_cache(
    lanes: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an image, which has the libraries and no compiler."""
    build = kernels.find_build()
    assert build is not None
    assert build.lanes == lanes
    compiled = kernels.load()
    assert compiled is not None
    shutil.copy(compiled._name, tmp_path / kernels.file_name(build))
    monkeypatch.setattr(kernels, "DIRECTORY", tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("CXX", str(tmp_path / "no compiler"))
    kernels.forget_libraries()
    try:
        library = kernels.load()
        assert library is not None
        assert library.trivium_lanes() == lanes
    finally:
        kernels.forget_libraries()


def test_without_a_compiler_torch_computes(llama: Reference, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "DIRECTORY", tmp_path)
    monkeypatch.delenv(kernels.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", str(tmp_path / "none"))
    kernels.forget_libraries()
    try:
        runner = ModelRunner(engine_config(llama.path, device="cpu", num_blocks=64))
        assert runner.info.backend == "torch"
    finally:
        kernels.forget_libraries()
