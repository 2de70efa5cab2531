"""A process that is stuck is distinguished from one that only takes long."""

import pytest

from service.processes.liveness import HEARTBEAT_SECONDS, Liveness, Stall

LIMIT = 10.0


def first_stall(seconds: float, *, cpu: float | None, busy: bool = True, loading: bool = False) -> Stall | None:
    """How a process that makes no progress and uses ``cpu`` of a core is stuck. ``cpu`` None: it has no heartbeats."""
    liveness = Liveness(LIMIT)
    used = 0.0
    for _ in range(int(seconds / HEARTBEAT_SECONDS)):
        if cpu is not None:
            used += cpu * HEARTBEAT_SECONDS
            liveness.heartbeat(used)
        if stall := liveness.elapse(HEARTBEAT_SECONDS, loading=loading, busy=busy):
            return stall
    return None


@pytest.mark.parametrize(
    ("seconds", "cpu", "busy", "loading", "expected"),
    [
        (LIMIT, None, True, False, "frozen"),
        (LIMIT, None, False, False, "frozen"),
        (LIMIT - 1, None, True, False, None),
        (LIMIT, 0.001, True, False, "deadlocked"),
        (LIMIT - 1, 0.001, True, False, None),
        (LIMIT * 10 - 1, 1.0, True, False, None),
        (LIMIT * 10, 1.0, True, False, "overdue"),
        (LIMIT * 100, 0.001, False, False, None),
        (LIMIT * 10 - 1, None, False, True, None),
        (LIMIT * 10, None, False, True, "frozen"),
    ],
)
def test_each_kind_of_stall_is_recognized(
    seconds: float, cpu: float | None, busy: bool, loading: bool, expected: Stall | None
) -> None:
    assert first_stall(seconds, cpu=cpu, busy=busy, loading=loading) == expected


def test_progress_resets_the_time() -> None:
    liveness = Liveness(LIMIT)
    for _ in range(100):
        liveness.heartbeat(0)
        assert liveness.elapse(LIMIT - 1, loading=False, busy=True) is None
        liveness.progress()


def test_a_process_that_computed_until_now_is_not_deadlocked() -> None:
    liveness = Liveness(LIMIT)
    liveness.heartbeat(5.0)
    assert liveness.elapse(LIMIT - 1, loading=False, busy=True) is None
    liveness.heartbeat(6.0)
    assert liveness.elapse(1, loading=False, busy=True) is None
    liveness.heartbeat(6.0)
    assert liveness.elapse(LIMIT - 1, loading=False, busy=True) == "deadlocked"
