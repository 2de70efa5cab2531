"""The table and the failures of loads and unloads under traffic."""

from collections import Counter

import pytest

from benchmarks.many_models.outcome import ManyModelsOutcome
from benchmarks.many_models.traffic import Tally


def good() -> ManyModelsOutcome:
    return ManyModelsOutcome(
        start_seconds=3.0,
        memory={"api": 200 << 20, "chat": 900 << 20},
        unloads={"chat": [0.5, 1.5, 0.1]},
        loads={"chat": [2.0, 4.0]},
        tally=Tally(answered=Counter(chat=1234), refused=Counter(chat=5)),
        held={"trivium_sequences_running": 0.0},
    )


def test_the_table_has_every_finding() -> None:
    table = good().table()
    assert "| memory of all processes | 1,100 MiB |" in table
    assert "| chat: answered, refused | 1,234, 5 |" in table
    assert "| chat: unloads, median and longest | 3: 0.50 s, 1.50 s |" in table
    assert "| chat: loads, median and longest | 2: 3.00 s, 4.00 s |" in table
    assert "| **lost** | 0 |" in table
    assert good().failures() == []


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"tally": Tally(Counter(chat=1), lost=["chat: cut"])}, "1 requests were lost"),
        ({"tally": Tally()}, "a model answered nothing"),
        ({"held": {"trivium_sequences_running": 1.0}}, "the engine still holds something"),
        ({"children": 1}, "1 processes are left"),
    ],
)
def test_a_fault_of_the_run_is_a_failure(change: dict[str, object], failure: str) -> None:
    outcome = good()
    for name, value in change.items():
        setattr(outcome, name, value)
    (found,) = outcome.failures()
    assert found.startswith(failure)
