"""The client that all kinds of child processes share, with a tiny process: results, replay, aborts and failures."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import psutil
import pytest

from service.errors import PoisonPill, ProcessError, ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.restart_policy import RestartPolicy
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.tiny_process import EXIT, HOLD, RAISE, REFUSE, TINY_WORKER, InFlightWords, TinyClient
from tests.processes.waiting import until

POLICY = RestartPolicy(stall_seconds=10, max_restarts=3)
WORDS = [f"word-{number}" for number in range(300)]


@asynccontextmanager
async def tiny_client(directory: Path) -> AsyncIterator[tuple[TinyClient, ProcessRecorder]]:
    """A client whose process is ready. At the end no process is left."""
    others = set(psutil.Process().children())  # services that several files share
    recorder = ProcessRecorder()
    client = TinyClient(directory, POLICY, observer=recorder)
    try:
        await client.start()
        yield client, recorder
    finally:
        await client.close()
    assert set(psutil.Process().children()) <= others


def has_spoken(item: InFlightWords, count: int) -> bool:
    return len(item.spoken) >= count


def kill(client: TinyClient) -> None:
    assert client.pid is not None
    os.kill(client.pid, signal.SIGKILL)


async def test_requests_are_computed_side_by_side(tmp_path: Path) -> None:
    async with tiny_client(tmp_path) as (client, recorder):
        items = [client.repeat(f"r{length}", WORDS[:length]) for length in (1, 7, 300)]
        assert [await item.words() for item in items] == [WORDS[:1], WORDS[:7], WORDS]
        assert client.status == "ready"
        assert list(client.info.startup_seconds) == ["import", "load"]
        client.require_ready()
        assert not recorder.causes


async def test_a_process_that_is_not_ready_takes_no_requests(tmp_path: Path) -> None:
    client = TinyClient(tmp_path, POLICY)
    assert (client.status, client.pid) == ("loading", None)
    for refused in (lambda: client.repeat("early", ["a"]), client.require_ready, lambda: client.info):
        with pytest.raises(ProcessUnavailable, match="the tiny is loading") as error:
            refused()
        assert error.value.reason == "loading"
    await client.close()  # without a start


async def test_a_killed_process_is_replaced_and_continues_behind_what_was_delivered(tmp_path: Path) -> None:
    async with tiny_client(tmp_path) as (client, recorder):
        item = client.repeat("r", WORDS)
        for _ in range(3):
            await until(partial(has_spoken, item, len(item.spoken) + 20))
            kill(client)
            await until(lambda: client.status == "restarting")
            with pytest.raises(ProcessUnavailable):
                client.require_ready()
            await asyncio.wait_for(recorder.returned.wait(), 20)
        waiting = client.repeat("later", WORDS[:2])
        assert await item.words() == WORDS
        assert await waiting.words() == WORDS[:2]
        assert recorder.causes == ["exit"] * 3
        assert recorder.replayed == [1] * 3


@pytest.mark.parametrize("fault", [EXIT, RAISE])
async def test_a_poison_pill_fails_alone(tmp_path: Path, fault: str) -> None:
    async with tiny_client(tmp_path) as (client, recorder):
        others = [client.repeat(f"r{number}", WORDS) for number in range(5)]
        poison = client.repeat("poison", [fault])
        with pytest.raises(PoisonPill):
            await poison.words()
        for other in others:
            assert await other.words() == WORDS
        assert 2 <= len(recorder.causes) <= 5


async def test_a_refused_request_fails_and_the_process_goes_on(tmp_path: Path) -> None:
    async with tiny_client(tmp_path) as (client, _):
        with pytest.raises(ProcessError, match="refused"):
            await client.repeat("r", [REFUSE]).words()
        assert await client.repeat("r", ["a"]).words() == ["a"]


async def test_an_aborted_request_is_dropped_and_its_id_is_free_again(tmp_path: Path) -> None:
    async with tiny_client(tmp_path) as (client, _):
        aborted = client.repeat("r", ["a", HOLD])
        await until(lambda: aborted.spoken == ["a"])
        client.abort(["r", "unknown"])
        assert await client.repeat("r", ["b"]).words() == ["b"]
        assert aborted.spoken == ["a"]


async def test_closing_fails_the_open_requests(tmp_path: Path) -> None:
    async with tiny_client(tmp_path) as (client, _):
        item = client.repeat("r", [HOLD])
        await client.close()
        with pytest.raises(ProcessUnavailable, match="stopping"):
            await item.words()
        assert client.status == "stopping"
        assert client.pid is None
        with pytest.raises(ProcessUnavailable):
            client.repeat("late", ["a"])


async def test_a_process_that_was_started_before_is_used(tmp_path: Path) -> None:
    process = ChildProcess(TINY_WORKER)
    client = TinyClient(tmp_path, POLICY, process=process)
    await client.start()
    assert client.pid == process.pid
    assert await client.repeat("r", ["a"]).words() == ["a"]
    await client.close()
    assert process.wait() == 0  # it obeyed the command to stop


async def test_a_failed_load_raises_the_reason(tmp_path: Path) -> None:
    (tmp_path / "broken").write_text("the model is broken")
    recorder = ProcessRecorder()
    client = TinyClient(tmp_path, POLICY, observer=recorder)
    with pytest.raises(ProcessError, match=r"^the model is broken$"):
        await client.start()
    assert (client.status, client.reason) == ("dead", "the model is broken")
    assert recorder.causes == ["load"]
    await client.close()
    assert client.status == "dead"
