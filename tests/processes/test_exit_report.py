"""The report of a process that ended or got stuck: its cause, its reason, and what is logged."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from service.control_groups.oom import OomKills
from service.processes import exit_report
from service.processes.child_process import ChildProcess
from service.processes.exit_report import ExitReport, report_exit
from service.processes.link import Link
from service.processes.messages import Ready, Stop, Submit, encode
from tests.processes.tiny_process import DEADLOCK, EXIT, TINY_WORKER, TinyConfig, Words, decode_event


@asynccontextmanager
async def linked(directory: Path, on_event: Callable[[bytes], None] = lambda _: None) -> AsyncIterator[Link]:
    """A link to a tiny process that is ready."""
    ready = asyncio.Event()

    def receive(frame: bytes) -> None:
        if isinstance(decode_event(frame), Ready):
            ready.set()
        else:
            on_event(frame)

    config = msgspec.json.encode(TinyConfig(directory=str(directory)))
    link = Link(ChildProcess(TINY_WORKER), config, receive)
    try:
        await asyncio.wait_for(ready.wait(), 20)
        yield link
    finally:
        await link.close()


@pytest.mark.parametrize(
    ("loading", "cause"), [(False, "exit"), (True, "load")], ids=["after it was ready", "while it loads"]
)
async def test_an_exit_code_is_reported(tmp_path: Path, loading: bool, cause: str) -> None:
    async with linked(tmp_path) as link:
        link.send(encode(Submit([Words("r", (EXIT,))])))
        await asyncio.wait_for(asyncio.shield(link.ended), 20)
        report = await report_exit("tiny", link, stall=None, loading=loading, load_error="")
    assert (report.cause, report.reason) == (cause, "the tiny process ended with exit code 3")


async def test_a_signal_is_reported(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with linked(tmp_path) as link:
        link.process.kill()
        await asyncio.wait_for(asyncio.shield(link.ended), 20)
        report = await report_exit("tiny", link, stall=None, loading=False, load_error="")
    assert report == ExitReport("exit", f"the tiny process was killed by signal {signal.SIGKILL.value}")
    assert "it left no stacks" in caplog.text


@pytest.mark.parametrize(("limit", "where"), [(700 << 20, "within the limit of 700 MiB"), (None, "on this machine")])
async def test_a_process_that_the_kernel_killed_for_its_memory_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int | None, where: str
) -> None:
    """``tests/control_groups`` lets the kernel do so."""
    monkeypatch.setattr(OomKills, "happened", True)
    monkeypatch.setattr(exit_report, "memory_limit", lambda: limit)
    async with linked(tmp_path) as link:
        link.process.kill()
        await asyncio.wait_for(asyncio.shield(link.ended), 20)
        report = await report_exit("tiny", link, stall=None, loading=False, load_error="")
    assert report.reason.startswith(f"the tiny process was killed by the kernel, because memory ran out {where}: ")
    assert "--kv-cache-memory" in report.reason


async def test_another_end_is_none_for_lack_of_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OomKills, "happened", True)
    async with linked(tmp_path) as link:
        link.send(encode(Submit([Words("r", (EXIT,))])))
        await asyncio.wait_for(asyncio.shield(link.ended), 20)
        report = await report_exit("tiny", link, stall=None, loading=False, load_error="")
    assert report.reason == "the tiny process ended with exit code 3"


async def test_a_stuck_process_is_asked_for_its_stacks(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with linked(tmp_path) as link:
        link.send(encode(Submit([Words("r", (DEADLOCK,))])))
        report = await report_exit("tiny", link, stall="deadlocked", loading=False, load_error="")
    assert report == ExitReport("deadlocked", "the tiny process is deadlocked")
    assert "the tiny process is deadlocked; its threads:" in caplog.text


async def test_an_event_that_cannot_be_handled_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def fail(frame: bytes) -> None:
        raise ValueError("an unknown event")

    async with linked(tmp_path, fail) as link:
        link.send(encode(Submit([Words("r", ("a",))])))
        await asyncio.wait([link.receiving], timeout=20)
        report = await report_exit("tiny", link, stall=None, loading=False, load_error="")
    assert report == ExitReport("garbled", "the tiny process sent an event that cannot be handled")
    assert "an unknown event" in caplog.text


async def test_the_error_of_a_failed_load_comes_before_the_exit_code(tmp_path: Path) -> None:
    async with linked(tmp_path) as link:
        link.send(encode(Stop()))
        await asyncio.wait_for(asyncio.shield(link.ended), 20)
        report = await report_exit("tiny", link, stall=None, loading=True, load_error="no memory")
    assert report == ExitReport("load", "no memory")
