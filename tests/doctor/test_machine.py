"""The checks of processor, memory and open files."""

import resource

import pytest

from service.doctor import machine
from service.doctor.finding import Status
from service.models import hardware
from service.settings import Settings

GIB = 1 << 30


def test_the_processor_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cpu_quota", lambda: 1.5)
    found = machine.processor(Settings())
    assert found.status is Status.OK
    assert found.facts.endswith("cores, a quota of 1.5 processors")


@pytest.mark.parametrize(
    ("available", "limit", "facts", "status"),
    [
        (8 * GIB, None, "8.0 GiB available, no limit of a control group", Status.OK),
        (GIB // 2, 3 * GIB, "0.5 GiB available, a control group allows 3.0 GiB", Status.WARNING),
    ],
)
def test_little_memory_is_a_warning(
    available: int, limit: int | None, facts: str, status: Status, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "available_memory", lambda: available)
    monkeypatch.setattr(machine, "memory_limit", lambda: limit)
    found = machine.memory(Settings())
    assert (found.facts, found.status) == (facts, status)


@pytest.mark.parametrize(
    ("hard", "status"), [(256, Status.WARNING), (4096, Status.OK), (resource.RLIM_INFINITY, Status.OK)]
)
def test_few_open_files_are_a_warning(hard: int, status: Status, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, hard))
    assert machine.open_files(Settings()).status is status
