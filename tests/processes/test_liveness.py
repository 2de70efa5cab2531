"""What is stuck and what only takes long."""

import pytest

from service.processes.liveness import BEAT_SECONDS, Pulse, Stall

LIMIT = 10.0


def told(seconds: float, *, cpu: float | None, busy: bool = True, loading: bool = False) -> Stall | None:
    """What is said first of a process that makes no progress and uses ``cpu`` of a core; None: it does not beat."""
    pulse = Pulse(LIMIT)
    used = 0.0
    for _ in range(int(seconds / BEAT_SECONDS)):
        if cpu is not None:
            used += cpu * BEAT_SECONDS
            pulse.beat(used)
        if stall := pulse.elapse(BEAT_SECONDS, loading=loading, busy=busy):
            return stall
    return None


@pytest.mark.parametrize(
    ("seconds", "how", "expected"),
    [
        (LIMIT, {"cpu": None}, "frozen"),
        (LIMIT, {"cpu": None, "busy": False}, "frozen"),
        (LIMIT - 1, {"cpu": None}, None),
        (LIMIT, {"cpu": 0.001}, "deadlocked"),
        (LIMIT - 1, {"cpu": 0.001}, None),
        (LIMIT * 10 - 1, {"cpu": 1.0}, None),
        (LIMIT * 10, {"cpu": 1.0}, "overdue"),
        (LIMIT * 100, {"cpu": 0.001, "busy": False}, None),
        (LIMIT * 10 - 1, {"cpu": None, "loading": True, "busy": False}, None),
        (LIMIT * 10, {"cpu": None, "loading": True, "busy": False}, "frozen"),
    ],
)
def test_it_is_told_apart(seconds: float, how: dict[str, float], expected: Stall | None) -> None:
    assert told(seconds, **how) == expected  # type: ignore[arg-type]


def test_progress_begins_anew() -> None:
    pulse = Pulse(LIMIT)
    for _ in range(100):
        pulse.beat(0)
        assert pulse.elapse(LIMIT - 1, loading=False, busy=True) is None
        pulse.progress()


def test_who_computed_until_now_is_not_deadlocked() -> None:
    pulse = Pulse(LIMIT)
    pulse.beat(5.0)
    assert pulse.elapse(LIMIT - 1, loading=False, busy=True) is None
    pulse.beat(6.0)
    assert pulse.elapse(1, loading=False, busy=True) is None
    pulse.beat(6.0)
    assert pulse.elapse(LIMIT - 1, loading=False, busy=True) == "deadlocked"
