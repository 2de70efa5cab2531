"""A soak fails for each kind of leak, and only for these."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.soak.clients import RequestTally
from benchmarks.soak.outcome import SoakOutcome
from benchmarks.soak.process_monitor import MemoryGrowth

CLEAN = SoakOutcome(
    seconds=60,
    tally=RequestTally(sent=5, answered=2, refused=Counter({"429 rate_limit_exceeded": 1}), left=1, unread=1),
    api=MemoryGrowth(warm=100, end=101, per_hour=1),
    engine=MemoryGrowth(warm=1000, end=1010, per_hour=10),
    files=(20, 20),
    recoveries=[1.0],
    threads=(4, 4),
    held={"trivium_sequences_running": 0.0},
    exit_code=0,
    unexplained=[],
)


def test_a_clean_outcome_does_not_fail() -> None:
    assert CLEAN.failures(16) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"tally": RequestTally(sent=5, answered=4, lost=["x"])},
        {"tally": RequestTally(sent=5, answered=4)},
        {"api": MemoryGrowth(warm=100, end=130, per_hour=900)},
        {"engine": MemoryGrowth(warm=1000, end=1100, per_hour=900)},
        {"files": (20, 21)},
        {"threads": (4, 60)},
        {"held": {"trivium_sequences_running": 1.0}},
        {"exit_code": 1},
        {"unexplained": ["Traceback"]},
    ],
)
def test_each_leak_fails(broken: dict[str, object]) -> None:
    assert len(replace(CLEAN, **broken).failures(16)) == 1  # type: ignore[arg-type]
