"""The use of file descriptors: judged by the newest, and told once. ``test_server`` refuses real connections."""

import resource
import time

import pytest

from service.server.descriptors import Descriptors, Use
from service.server.open_file_limit import current_limit, raise_limit


@pytest.mark.parametrize(
    ("limit", "near", "full"), [(64, 51, 48), (128, 102, 112), (1024, 819, 922), (1 << 20, 838_860, 1_048_320)]
)
def test_the_last_descriptors_are_for_the_service(limit: int, near: int, full: int) -> None:
    judge = Descriptors(limit)
    assert judge.use(min(near, full) - 1) is Use.NORMAL
    spent = (full + limit) // 2
    assert judge.use(full) is judge.use(spent - 1) is Use.FULL
    assert judge.use(spent) is judge.use(limit - 1) is Use.SPENT
    if near < full:
        assert judge.use(near) is judge.use(full - 1) is Use.NEAR


def test_a_warning_is_logged_at_most_once_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1_000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    judge = Descriptors(1024)
    for number in (900, 901, 1000, 1001, 902):
        judge.use(number)
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "901 of 1024 file descriptors are in use",
        "1001 of 1024 file descriptors are in use",
    ]
    now += 60
    judge.use(1010)
    assert len(caplog.records) == 3
    assert "1011 of 1024 file descriptors are in use: new connections are refused" in caplog.text


def test_the_soft_limit_becomes_the_hard_one(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = (256, 4096)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)

    def set_limits(_: int, given: tuple[int, int]) -> None:
        nonlocal limits
        limits = given

    monkeypatch.setattr(resource, "setrlimit", set_limits)
    raise_limit()
    assert (limits, current_limit()) == ((4096, 4096), 4096)


@pytest.mark.parametrize("hard", [resource.RLIM_INFINITY, 1 << 30])
def test_an_endless_limit_is_bounded(hard: int, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: given.append(limits))
    raise_limit()
    assert given == [(1 << 20, hard)]
    monkeypatch.setattr(resource, "getrlimit", lambda _: (hard, hard))
    raise_limit()
    assert (len(given), current_limit()) == (1, 1 << 20)
