"""A request that crashes the process is found, whatever is computed beside it, and no other request fails."""

import asyncio
import random

from hypothesis import given
from hypothesis import strategies as st

from service.processes.in_flight_table import InFlightTable


@given(
    names=st.lists(st.integers(0, 30), unique=True, min_size=1, max_size=20),
    poison=st.sets(st.integers(0, 30), max_size=4),
    places=st.integers(1, 8),
    choice=st.randoms(use_true_random=False),
)
def test_poison_pills_fail_and_all_other_requests_finish(
    names: list[int], poison: set[int], places: int, choice: random.Random
) -> None:
    """Every step computes some of the requests that were sent. A poison pill has no output before the crash."""
    table: InFlightTable[int] = InFlightTable()
    for name in names:
        table.add(str(name), name)
    missing = {name: choice.randint(1, 3) for name in names}  # outputs until the request is finished
    found: list[int] = []
    sent: list[int] = []
    crashes = 0
    while table:
        sent += table.pop_due()
        assert sent, "requests are unfinished, and none is computed"
        step = choice.sample(sent, min(places, len(sent)))
        if poison.intersection(step):
            outcome = table.record_crash([str(name) for name in step])
            assert not outcome.poison_pills or outcome.made_progress
            found += outcome.poison_pills
            sent.clear()
            crashes += 1
            assert crashes <= 3 * len(poison) + 3, "the process crashes without end"
            continue
        for name in step:
            entry = table.get(str(name))
            assert entry is not None
            if not entry.has_output:
                table.record_output(entry)
            missing[name] -= 1
            if not missing[name]:
                assert table.remove(str(name))
                sent.remove(name)
    assert set(found) == poison.intersection(names)
    assert len(found) == len(set(found))


def test_output_resets_the_crash_count_and_one_crash_proves_nothing() -> None:
    table: InFlightTable[str] = InFlightTable()
    table.add("a", "A")
    for _ in range(5):
        assert table.pop_due() == ["A"]
        entry = table.get("a")
        assert entry is not None
        table.record_output(entry)
        outcome = table.record_crash(["a"])
        assert (outcome.made_progress, outcome.poison_pills) == (True, [])
    assert table.pop_due() == ["A"]
    assert table.record_crash(["a"]).poison_pills == ["A"]
    assert not table


def test_a_crash_without_a_record_counts_against_what_was_sent() -> None:
    table: InFlightTable[str] = InFlightTable()
    table.add("a", "A")
    table.pop_due()
    table.add("later", "L")  # not sent
    assert table.record_crash([]).poison_pills == []
    assert table.pop_due() == ["A", "L"]
    assert table.record_crash([]).poison_pills == []  # two were sent
    assert table.pop_due() == ["A"]  # it has two crashes, so it is tried alone
    assert table.pop_due() == []
    assert table.record_crash(["a"]).poison_pills == ["A"]
    assert table.clear() == ["L"]
    assert table.pop_due() == []


def test_a_quarantined_request_that_is_given_up_makes_way_for_the_others() -> None:
    table: InFlightTable[str] = InFlightTable()
    for name in ("a", "b"):
        table.add(name, name)
    for crashed in (["a"], ["a", "b"]):
        table.pop_due()
        table.record_crash(crashed)
    assert table.pop_due() == ["a"]
    assert table.remove("a")
    assert not table.remove("a")
    assert table.pop_due() == ["b"]


async def test_waiting_ends_with_the_last_of_the_requests() -> None:
    table: InFlightTable[str] = InFlightTable()
    for name in ("a", "b", "c"):
        table.add(name, name.upper())
    assert table.items() == ["A", "B", "C"]
    waiting = asyncio.create_task(table.wait_until_removed(["a", "b", "unknown"]))
    until_cleared = asyncio.create_task(table.wait_until_removed(["c"]))
    await asyncio.sleep(0)
    for name in ("a", "b"):
        assert not waiting.done()
        table.remove(name)
        await asyncio.sleep(0)
    await waiting
    assert not until_cleared.done()
    table.clear()
    await until_cleared
    await table.wait_until_removed(["a", "c"])
