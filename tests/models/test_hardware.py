"""What the machine offers, with and without a container's limits."""

from pathlib import Path

import pytest
import torch

from service.models import hardware as machine


@pytest.fixture
def cgroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine, "_CGROUP", tmp_path)
    return tmp_path


@pytest.mark.usefixtures("cgroup")
def test_memory_is_what_the_machine_has_left() -> None:
    assert 0 < machine.available_memory() < 1 << 50


def test_a_containers_memory_limit_counts(cgroup: Path) -> None:
    (cgroup / "memory.max").write_text("50000000\n")
    (cgroup / "memory.current").write_text("20000000\n")
    assert machine.available_memory() == 30_000_000
    (cgroup / "memory.current").write_text("60000000\n")
    assert machine.available_memory() == 0


def test_a_container_without_limits_has_the_machines(cgroup: Path) -> None:
    (cgroup / "memory.max").write_text("max\n")
    (cgroup / "memory.current").write_text("20000000\n")
    (cgroup / "cpu.max").write_text("max 100000\n")
    assert machine.available_memory() > 20_000_000
    assert machine.num_cores() >= 1


def test_threads_of_one_core_count_once(cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for cpu, siblings in enumerate(["0,2", "1,3", "0,2", "1,3"]):
        topology = cgroup / f"cpu{cpu}" / "topology"
        topology.mkdir(parents=True)
        (topology / "thread_siblings_list").write_text(f"{siblings}\n")
    monkeypatch.setattr(machine, "_CPUS", cgroup)
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert machine.num_cores() == 2


@pytest.mark.parametrize(("quota", "cores"), [("150000 100000", 2), ("50000 100000", 1), ("9900000 100000", 4)])
def test_a_containers_cpu_quota_counts(quota: str, cores: int, cgroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (cgroup / "cpu.max").write_text(quota)
    monkeypatch.setattr(machine, "_CPUS", cgroup)  # no topology: every CPU is a core
    monkeypatch.setattr(machine.os, "sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    assert machine.num_cores() == cores


def test_auto_is_the_gpu_if_there_is_one() -> None:
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert machine.find_device("auto").type == expected
    assert machine.find_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("checkpoint", "chosen"),
    [(torch.float32, torch.bfloat16), (torch.float16, torch.float16), (torch.bfloat16, torch.bfloat16)],
)
def test_cuda_computes_in_sixteen_bits(checkpoint: torch.dtype, chosen: torch.dtype) -> None:
    assert machine.find_dtype("auto", checkpoint, torch.device("cuda")) == chosen
    assert machine.find_dtype("float32", checkpoint, torch.device("cuda")) == torch.float32
