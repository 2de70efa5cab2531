"""Device, number type, cores and memory, with and without a container's limits."""

import os
from pathlib import Path

import pytest
import torch

from service.models.hardware import available_memory, find_device, find_dtype, num_cores, rounding_note

GIB = 1 << 30


@pytest.fixture
def four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


def test_without_a_container_the_memory_of_the_machine_counts(tmp_path: Path) -> None:
    assert 0 < available_memory(cgroup=tmp_path) < GIB << 20


def test_the_memory_limit_of_a_container_counts(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("50000000\n")
    (tmp_path / "memory.current").write_text("20000000\n")
    assert available_memory(cgroup=tmp_path) == 30_000_000
    (tmp_path / "memory.current").write_text("60000000\n")
    assert available_memory(cgroup=tmp_path) == 0


def test_a_container_without_limits_may_use_the_machine(tmp_path: Path) -> None:
    (tmp_path / "memory.max").write_text("max\n")
    (tmp_path / "memory.current").write_text("20000000\n")
    (tmp_path / "cpu.max").write_text("max 100000\n")
    assert available_memory(cgroup=tmp_path) > 20_000_000
    assert num_cores(cgroup=tmp_path) >= 1


@pytest.mark.usefixtures("four_cpus")
def test_threads_of_one_core_count_once(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        topology = tmp_path / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    assert num_cores(cgroup=tmp_path, cpus=tmp_path) == 2


@pytest.mark.usefixtures("four_cpus")
@pytest.mark.parametrize(("quota", "cores"), [("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", 4)])
def test_the_cpu_quota_of_a_container_counts(quota: str, cores: int, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(quota)
    assert num_cores(cgroup=tmp_path, cpus=tmp_path) == cores  # without a topology every CPU is a core


def test_auto_is_the_gpu_if_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert find_device("auto").type == expected
    assert find_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("checkpoint", "chosen"),
    [(torch.float32, torch.bfloat16), (torch.float16, torch.float16), (torch.bfloat16, torch.bfloat16)],
)
def test_cuda_computes_in_sixteen_bits(checkpoint: torch.dtype, chosen: torch.dtype) -> None:
    assert find_dtype("auto", checkpoint, torch.device("cuda")) == chosen
    assert find_dtype("float32", checkpoint, torch.device("cuda")) == torch.float32


@pytest.mark.parametrize("checkpoint", [torch.float32, torch.float16, torch.bfloat16])
def test_a_cpu_keeps_the_precision_of_the_checkpoint(checkpoint: torch.dtype) -> None:
    cpu = torch.device("cpu")
    assert find_dtype("auto", checkpoint, cpu, computes_in_float32=True) == checkpoint
    assert find_dtype("auto", checkpoint, cpu) in (checkpoint, torch.float32)
    assert find_dtype("auto", torch.float16, cpu) == torch.float32
    assert not rounding_note(find_dtype("auto", checkpoint, cpu), checkpoint)


@pytest.mark.parametrize(
    ("chosen", "checkpoint", "loses"),
    [
        (torch.float32, torch.float16, False),
        (torch.float32, torch.bfloat16, False),
        (torch.bfloat16, torch.bfloat16, False),
        (torch.bfloat16, None, False),
        (torch.bfloat16, torch.float32, True),
        (torch.bfloat16, torch.float16, True),
        (torch.float16, torch.bfloat16, True),
    ],
)
def test_a_loss_of_precision_is_noted(chosen: torch.dtype, checkpoint: torch.dtype | None, loses: bool) -> None:
    assert bool(rounding_note(chosen, checkpoint)) == loses
