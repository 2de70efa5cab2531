"""The scores of one request while they arrive."""

import asyncio

import pytest

from service.errors import PoisonPill
from service.reader.in_flight_read import InFlightRead
from service.reader.messages import EncodedWindow, ReadRequest, WindowScores


def read(count: int) -> tuple[InFlightRead, list[list[str]]]:
    """A read of ``count`` windows, and the ids that it aborts."""
    aborted: list[list[str]] = []
    return InFlightRead(ReadRequest("r", [EncodedWindow((1,), (0,))] * count), aborted.append), aborted


def scores(index: int) -> WindowScores:
    return WindowScores("r", index, b"", b"")


async def test_scores_are_returned_in_the_order_of_the_windows() -> None:
    item, aborted = read(3)
    waiting = asyncio.create_task(item.scores())
    assert [item.put(scores(index), 0.0) for index in (2, 0, 1)] == [False, False, True]
    assert [each.index for each in await waiting] == [0, 1, 2]
    assert item.total_seconds is not None
    item.close()
    assert aborted == []


async def test_windows_that_are_scored_are_not_submitted_again() -> None:
    item, _ = read(3)
    assert item.unfinished.done == frozenset()
    item.put(scores(1), 0.0)
    assert item.unfinished.done == {1}


async def test_leaving_the_block_aborts_the_rest_once() -> None:
    item, aborted = read(2)
    with item:
        item.put(scores(0), 0.0)
    item.close()
    assert aborted == [["r"]]


async def test_a_failed_read_raises_the_error() -> None:
    item, _ = read(1)
    item.fail(PoisonPill())
    with pytest.raises(PoisonPill):
        await item.scores()
