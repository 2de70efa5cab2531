"""Starts, exits and restarts of a tiny child process, without requests of any meaning."""

import asyncio
import os
import signal
from pathlib import Path

import msgspec
import psutil
import pytest

from service.errors import PoisonPill, ProcessError, ProcessUnavailable
from service.processes.child_process import ChildProcess
from service.processes.in_flight_table import InFlightTable
from service.processes.messages import Failed, Heartbeat, Ready, Submit, encode
from service.processes.restart_policy import RestartPolicy
from service.processes.supervisor import Supervisor
from tests.processes.process_recorder import ProcessRecorder
from tests.processes.tiny_process import DEADLOCK, EXIT, TINY_WORKER, Spoken, TinyConfig, Words, decode_event
from tests.processes.waiting import until


class Item:
    """A request that only remembers how it ended."""

    error: ProcessError | None = None

    def fail(self, error: ProcessError) -> None:
        self.error = error


class Supervised:
    """A supervisor of the tiny process, and what its owner sees."""

    def __init__(
        self, directory: Path, *, policy: RestartPolicy | None = None, process: ChildProcess | None = None
    ) -> None:
        self.table: InFlightTable[Item] = InFlightTable()
        self.recorder = ProcessRecorder()
        self.spoken: list[Spoken] = []
        self.heartbeats = 0
        self.garbled = False  # whether events are to raise
        self.supervisor = Supervisor(
            "tiny",
            TINY_WORKER,
            self.table,
            lambda: msgspec.json.encode(TinyConfig(directory=str(directory))),
            self._receive,
            policy or RestartPolicy(stall_seconds=2, max_restarts=1),
            process=process,
            observer=self.recorder,
        )

    def _receive(self, frame: bytes) -> None:
        if self.garbled:
            self.garbled = False
            raise ValueError("an event that cannot be decoded")
        match decode_event(frame):
            case Heartbeat(cpu_seconds):
                self.heartbeats += 1
                self.supervisor.heartbeat(cpu_seconds)
            case Ready():
                self.supervisor.ready()
            case Failed(message):
                self.supervisor.fail(message)
            case Spoken() as spoken:
                self.spoken.append(spoken)
                self.supervisor.progress()

    def kill(self, number: int = signal.SIGKILL) -> None:
        assert self.supervisor.pid is not None
        os.kill(self.supervisor.pid, number)

    async def returned(self) -> None:
        await asyncio.wait_for(self.recorder.returned.wait(), 20)


async def test_a_process_is_started_used_and_stopped(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path)
    supervisor = supervised.supervisor
    assert (supervisor.status, supervisor.pid) == ("loading", None)
    await supervisor.start()
    assert supervisor.status == "ready"
    supervisor.send(encode(Submit([Words("r", ("a",))])))
    await until(lambda: supervised.spoken == [Spoken([("r", "a")])])
    await until(lambda: supervised.heartbeats > 0)
    pid = supervisor.pid
    assert pid is not None
    await supervisor.close()
    assert (supervisor.status, supervisor.pid) == ("stopping", None)
    assert not psutil.pid_exists(pid)
    await supervisor.close()
    assert not supervised.recorder.causes


async def test_an_idle_process_that_dies_is_replaced(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path)
    supervisor = supervised.supervisor
    await supervisor.start()
    before = supervisor.pid
    supervised.kill()
    await until(lambda: supervisor.status == "restarting")
    error = supervisor.unavailable()
    assert error.reason == "restarting"
    await supervised.returned()
    assert (supervisor.status, supervisor.reason) == ("ready", "")
    assert supervisor.pid != before
    assert (supervised.recorder.causes, supervised.recorder.replayed) == (["exit"], [0])
    await supervisor.close()


async def test_a_process_that_dies_in_vain_too_often_is_given_up(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path)
    supervisor = supervised.supervisor
    await supervisor.start()
    item = Item()
    supervised.table.add("r", item)
    (tmp_path / "broken").write_text("no memory")
    supervised.kill()
    await until(lambda: supervisor.status == "dead")
    assert supervisor.reason == "no memory; it is given up after 2 exits in a row without progress"
    assert supervised.recorder.causes == ["exit", "load"]
    assert isinstance(item.error, ProcessUnavailable)
    assert item.error.reason == "dead"
    assert len(supervised.table) == 0
    await supervisor.close()
    assert supervisor.status == "dead"


async def test_a_request_that_is_alone_in_two_crashes_fails_as_a_poison_pill(tmp_path: Path) -> None:
    supervised = Supervised(tmp_path, policy=RestartPolicy(stall_seconds=2, max_restarts=5))
    supervisor = supervised.supervisor
    await supervisor.start()
    poison, waiting = Item(), Item()
    supervised.table.add("poison", poison)
    supervised.table.pop_due()
    supervised.table.add("waiting", waiting)
    for _ in range(2):
        supervisor.send(encode(Submit([Words("poison", (EXIT,))])))
        await until(lambda: supervisor.status == "restarting")
        await supervised.returned()
    assert isinstance(poison.error, PoisonPill)
    assert waiting.error is None
    assert supervised.recorder.replayed == [2, 1]
    await supervisor.close()
    assert isinstance(waiting.error, ProcessUnavailable)


async def test_an_event_that_cannot_be_handled_ends_the_process(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervised = Supervised(tmp_path)
    await supervised.supervisor.start()
    supervised.garbled = True
    supervised.supervisor.send(encode(Submit([Words("r", ("a",))])))
    await until(lambda: supervised.recorder.causes == ["garbled"])
    await supervised.returned()
    await supervised.supervisor.close()
    assert "an event that cannot be decoded" in caplog.text


async def test_a_deadlocked_process_is_ended_with_its_stacks_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    supervised = Supervised(tmp_path)
    await supervised.supervisor.start()
    supervised.table.add("r", Item())
    supervised.supervisor.send(encode(Submit([Words("r", (DEADLOCK,))])))
    await until(lambda: supervised.recorder.causes == ["deadlocked"])
    await supervised.returned()
    await supervised.supervisor.close()
    assert "the tiny process is deadlocked; its threads:" in caplog.text
    assert "in _speak" in caplog.text


async def test_closing_while_the_process_loads_ends_the_start(tmp_path: Path) -> None:
    others = set(psutil.Process().children())  # services that several files share
    supervised = Supervised(tmp_path)
    supervisor = supervised.supervisor
    starting = asyncio.create_task(supervisor.start())
    await until(lambda: supervisor.pid is not None)
    await supervisor.close()
    with pytest.raises(ProcessError, match="the tiny is stopping"):
        await starting
    assert set(psutil.Process().children()) <= others


async def test_a_worker_that_cannot_be_imported_is_reported_with_its_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    supervised = Supervised(tmp_path, process=ChildProcess("service.no_such_module"))
    with pytest.raises(ProcessError, match="the tiny process ended with exit code 1"):
        await supervised.supervisor.start()
    assert supervised.supervisor.status == "dead"
    await supervised.supervisor.close()
    assert "No module named service.no_such_module" in capfd.readouterr().err
