"""Work and its guards: the first to end decides the outcome, and nothing is left running."""

import asyncio
from contextlib import suppress
from typing import Never

import pytest
from starlette.types import Message

from service.api.wire.disconnect import ClientDisconnected, raise_on_disconnect, run_guarded


class Task:
    """A coroutine that waits for ever, and remembers whether it was cancelled."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.cancelled = False

    async def wait(self) -> Never:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        raise AssertionError


async def test_the_result_of_the_work_is_returned_and_the_guards_are_cancelled() -> None:
    guard = Task()

    async def work() -> str:
        await guard.begun.wait()
        return "result"

    assert await run_guarded(work(), guard.wait()) == "result"
    assert guard.cancelled


async def test_a_guard_that_raises_cancels_the_work_and_the_other_guards() -> None:
    work, other = Task(), Task()

    async def guard() -> Never:
        await asyncio.gather(work.begun.wait(), other.begun.wait())
        raise ClientDisconnected

    with pytest.raises(ClientDisconnected):
        await run_guarded(work.wait(), guard(), other.wait())
    assert work.cancelled
    assert other.cancelled


async def test_an_exception_of_the_work_is_raised() -> None:
    guard = Task()

    async def work() -> None:
        await guard.begun.wait()
        raise ValueError("failed")

    with pytest.raises(ValueError, match="failed"):
        await run_guarded(work(), guard.wait())
    assert guard.cancelled


async def test_cancelling_the_caller_cancels_everything() -> None:
    work, guard = Task(), Task()
    running = asyncio.ensure_future(run_guarded(work.wait(), guard.wait()))
    await asyncio.gather(work.begun.wait(), guard.begun.wait())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert work.cancelled
    assert guard.cancelled


async def test_after_a_guard_has_raised_the_caller_is_not_cancelled() -> None:
    work = Task()

    async def guard() -> Never:
        await work.begun.wait()
        raise ClientDisconnected

    with pytest.raises(ClientDisconnected):
        await run_guarded(work.wait(), guard())
    caller = asyncio.current_task()
    assert caller is not None
    assert caller.cancelling() == 0
    assert await asyncio.sleep(0, "goes on") == "goes on"


@pytest.mark.parametrize("end", [ValueError("failed while it was stopped"), "a late result"])
async def test_work_that_is_stopped_does_not_replace_the_guards_exception(end: Exception | str) -> None:
    work = Task()

    async def stubborn() -> str:
        with suppress(asyncio.CancelledError):
            await work.wait()
        if isinstance(end, Exception):
            raise end
        return end

    async def guard() -> Never:
        await work.begun.wait()
        raise ClientDisconnected

    with pytest.raises(ClientDisconnected):
        await run_guarded(stubborn(), guard())
    assert work.cancelled


async def test_a_caller_that_is_cancelled_while_a_guard_raises_is_cancelled() -> None:
    work, raising = Task(), asyncio.Event()

    async def guard() -> Never:
        await raising.wait()
        raise ClientDisconnected

    running = asyncio.ensure_future(run_guarded(work.wait(), guard()))
    await work.begun.wait()
    raising.set()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert work.cancelled


async def test_a_disconnect_is_raised_after_all_other_messages() -> None:
    messages = iter(["http.request", "http.request", "http.disconnect"])

    async def receive() -> Message:
        return {"type": next(messages)}

    with pytest.raises(ClientDisconnected):
        await raise_on_disconnect(receive)
    assert list(messages) == []
