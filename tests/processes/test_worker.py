"""The main loop of a child process, over its real sockets: the events that it sends, and its exit status."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from service.processes.child_process import ChildProcess
from service.processes.crash_record import read_crash_record
from service.processes.link import Link
from service.processes.messages import Abort, Failed, Heartbeat, Ready, Stop, Submit, encode
from tests.processes.tiny_process import (
    EXIT,
    HOLD,
    RAISE,
    REFUSE,
    TINY_WORKER,
    Spoken,
    TinyConfig,
    Words,
    decode_event,
)

ROOT = Path(__file__).parents[2]


class Worker:
    """A child process and the events that it sends."""

    def __init__(self, directory: Path, module: str) -> None:
        self._events: asyncio.Queue[bytes] = asyncio.Queue()
        config = msgspec.json.encode(TinyConfig(directory=str(directory), log_level="error"))
        self.link = Link(ChildProcess(module), config, self._events.put_nowait)

    def send(self, command: msgspec.Struct) -> None:
        self.link.send(encode(command))

    async def event(self) -> msgspec.Struct:
        """The next event that is not a heartbeat."""
        async with asyncio.timeout(20):
            while True:
                event = decode_event(await self._events.get())
                if not isinstance(event, Heartbeat):
                    return event

    async def exit_status(self) -> int:
        return await asyncio.wait_for(asyncio.shield(self.link.ended), 20)

    @property
    def crash_record(self) -> list[str]:
        return read_crash_record(self.link.process.directory)


@asynccontextmanager
async def tiny_worker(directory: Path, module: str = TINY_WORKER) -> AsyncIterator[Worker]:
    worker = Worker(directory, module)
    yield worker
    await worker.link.close()


async def test_a_worker_reports_that_it_is_ready_and_ends_at_a_stop_command(tmp_path: Path) -> None:
    async with tiny_worker(tmp_path) as worker:
        ready = await worker.event()
        assert isinstance(ready, Ready)
        assert list(ready.info.startup_seconds) == ["import", "load"]
        worker.send(Stop())
        assert await worker.exit_status() == 0


async def test_commands_sent_before_the_worker_listens_are_not_lost(tmp_path: Path) -> None:
    async with tiny_worker(tmp_path) as worker:
        worker.send(Submit([Words("r", ("a", "b"))]))
        assert isinstance(await worker.event(), Ready)
        assert [await worker.event(), await worker.event()] == [Spoken([("r", "a")]), Spoken([("r", "b")])]


async def test_commands_are_obeyed_between_steps(tmp_path: Path) -> None:
    async with tiny_worker(tmp_path) as worker:
        await worker.event()
        worker.send(Submit([Words("held", ("a", HOLD)), Words("refused", (REFUSE,))]))
        assert [await worker.event(), await worker.event()] == [Spoken([], ["refused"]), Spoken([("held", "a")])]
        worker.send(Abort(["held", "unknown"]))
        worker.send(Submit([Words("r", ("b",))]))
        assert await worker.event() == Spoken([("r", "b")])
        assert worker.crash_record == []


@pytest.mark.parametrize(("reason", "message"), [("no memory", "no memory"), ("", "ValueError: no reason")])
async def test_the_reason_of_a_failed_load_is_reported(tmp_path: Path, reason: str, message: str) -> None:
    (tmp_path / "broken").write_text(reason)
    async with tiny_worker(tmp_path) as worker:
        assert await worker.event() == Failed(message)
        assert await worker.exit_status() == 1


async def test_an_import_error_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_worker.py").write_text(
        "import sys\n"
        "from service.processes.worker import WorkerProcess\n"
        "from tests.processes.tiny_process import TinyConfig, decode_command\n"
        "def import_load(): raise ImportError('there is no such library')\n"
        "sys.exit(WorkerProcess('broken', sys.argv[1], TinyConfig, decode_command, import_load).run())\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}")
    async with tiny_worker(tmp_path, "broken_worker") as worker:
        assert await worker.event() == Failed("ImportError: there is no such library")
        assert await worker.exit_status() == 1


@pytest.mark.parametrize(("fault", "status"), [(EXIT, 3), (RAISE, 1)])
async def test_the_crash_record_names_the_requests_of_the_step_that_ended_the_worker(
    tmp_path: Path, fault: str, status: int
) -> None:
    async with tiny_worker(tmp_path) as worker:
        worker.send(Submit([Words("a", ("x", "y")), Words("b", (fault,)), Words("held", (HOLD,))]))
        assert await worker.exit_status() == status
        assert worker.crash_record == ["a", "b"]
