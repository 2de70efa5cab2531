"""The checks of torch, compiler, kernels and GPU, as they are here and where something is missing."""

import sys
import warnings
from pathlib import Path

import pytest
import torch

from service.doctor import software
from service.doctor.finding import Status
from service.models.native import kernels
from service.models.native.compiler import KernelBuild
from service.settings import Settings

BUILD = KernelBuild("avx2", 8, ())


def test_python_and_torch_are_named() -> None:
    assert sys.executable in software.python(Settings()).facts
    found = software.torch(Settings(threads=3))
    assert (found.status, found.facts) == (Status.OK, f"{torch.__version__}, 3 threads for each model")


def test_a_torch_that_cannot_be_imported_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = software.torch(Settings())
    assert found.status is Status.PROBLEM
    assert found.advice


def test_the_compiler_is_named_or_said_to_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "/opt/bin/my-c++")
    assert software.compiler(Settings()).facts == "/opt/bin/my-c++"
    without_compiler(monkeypatch)
    assert software.compiler(Settings()).facts.startswith("none")


def without_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", "")


def test_kernels_that_are_switched_off_are_no_fault() -> None:
    assert software.kernels(Settings(native_kernels=False)).status is Status.OK


def test_a_processor_without_kernels_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "find_build", lambda: None)
    assert software.kernels(Settings()).status is Status.WARNING


def test_a_build_of_the_kernels_that_does_not_exist_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(kernels.VARIABLE, "sse9")
    found = software.kernels(Settings())
    assert (found.status, "TRIVIUM_KERNELS is sse9" in found.facts) == (Status.PROBLEM, True)


def test_kernels_that_can_be_compiled_are_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "find_build", lambda: BUILD)
    monkeypatch.setattr(kernels, "existing_library", lambda _: None)
    monkeypatch.setenv("CXX", "g++")
    assert software.kernels(Settings()).status is Status.OK
    without_compiler(monkeypatch)
    found = software.kernels(Settings())
    assert (found.status, found.advice) == (Status.WARNING, "install g++ or clang++")


def test_kernels_are_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    library = tmp_path / "kernels.so"
    library.write_bytes(b"no library")
    monkeypatch.setattr(kernels, "find_build", lambda: BUILD)
    monkeypatch.setattr(kernels, "existing_library", lambda _: library)
    found = software.kernels(Settings())
    assert (found.status, str(library) in found.advice) == (Status.WARNING, True)


def test_a_device_that_is_not_there_is_a_problem() -> None:
    assert software.gpu(Settings(device="cpu")).status is Status.OK
    found = software.gpu(Settings(device="cuda:99"))
    assert found.status is Status.PROBLEM
    assert "cuda:99" in found.facts


def test_an_old_driver_is_told_in_the_words_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    def is_available() -> bool:
        warnings.warn("The NVIDIA driver on your system is too old\nand more", UserWarning, stacklevel=1)
        return False

    monkeypatch.setattr(torch.cuda, "is_available", is_available)
    found = software.gpu(Settings())
    assert (found.status, found.facts) == (Status.WARNING, "not used: The NVIDIA driver on your system is too old")


def test_a_gpu_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1 << 30, 2 << 30))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "A GPU")
    assert software.gpu(Settings()).facts.startswith("A GPU, 1.0 GiB of 2.0 GiB free, CUDA ")
