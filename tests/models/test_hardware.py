"""Device, number type, cores and memory, with and without a container's limits."""

import os
from pathlib import Path

import pytest
import torch

from service.models.hardware import available_memory, find_device, find_dtype, num_cores, rounding_note
from tests.control_groups.fake_tree import fake_control_groups

GIB = 1 << 30


@pytest.fixture
def four_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)


def test_without_a_container_the_memory_of_the_machine_counts(tmp_path: Path) -> None:
    assert 0 < available_memory(root=tmp_path) < GIB << 20
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal:        9000 kB\nMemAvailable:    1000 kB\n")
    assert available_memory(root=tmp_path) == 1_024_000


def test_the_lesser_of_the_limit_of_a_container_and_the_memory_of_the_machine_counts(tmp_path: Path) -> None:
    fake_control_groups(tmp_path, {"memory.max": "500000", "memory.current": "200000"})
    assert available_memory(root=tmp_path) == 300_000
    (tmp_path / "proc/meminfo").write_text("MemAvailable:    100 kB\n")
    assert available_memory(root=tmp_path) == 102_400


@pytest.mark.usefixtures("four_cpus")
def test_threads_of_one_core_count_once(tmp_path: Path) -> None:
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        topology = tmp_path / f"sys/devices/system/cpu/cpu{cpu}/topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    assert num_cores(root=tmp_path) == 2


@pytest.mark.usefixtures("four_cpus")
@pytest.mark.parametrize(
    ("quota", "cores"), [("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", 4), ("max 100000", 4)]
)
def test_the_cpu_quota_of_a_container_counts(quota: str, cores: int, tmp_path: Path) -> None:
    fake_control_groups(tmp_path, {"cpu.max": quota})
    assert num_cores(root=tmp_path) == cores  # without a topology every CPU is a core


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
