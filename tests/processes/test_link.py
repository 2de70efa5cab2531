"""The sockets to a real child process: commands, events, and the end of either side."""

import asyncio
from pathlib import Path

import msgspec
import psutil
import pytest

from service.processes.child_process import ChildProcess
from service.processes.link import Link
from service.processes.messages import Heartbeat, Ready, Stop, Submit, encode
from tests.processes.tiny_process import EXIT, TINY_WORKER, Spoken, TinyConfig, Words, decode_event
from tests.processes.waiting import until


class Events:
    """The events of a process, without heartbeats. ``fails`` lets the next one raise."""

    def __init__(self) -> None:
        self.received: list[object] = []
        self.fails = False

    def __call__(self, frame: bytes) -> None:
        event = decode_event(frame)
        if isinstance(event, Heartbeat):
            return
        if self.fails:
            raise ValueError("an event that cannot be handled")
        self.received.append(event)

    @property
    def words(self) -> list[str]:
        return [word for event in self.received if isinstance(event, Spoken) for _, word in event.words]


def make_link(directory: Path, events: Events) -> Link:
    return Link(ChildProcess(TINY_WORKER), msgspec.json.encode(TinyConfig(directory=str(directory))), events)


def exists(path: str) -> bool:
    return Path(path).exists()


async def test_commands_arrive_in_order_and_their_events_come_back(tmp_path: Path) -> None:
    events = Events()
    link = make_link(tmp_path, events)
    for name in ("a", "b"):
        link.send(encode(Submit([Words(name, (name,))])))
    await until(lambda: events.words == ["a", "b"])
    assert isinstance(events.received[0], Ready)
    link.send(encode(Stop()))
    assert await asyncio.wait_for(asyncio.shield(link.ended), 20) == 0
    await link.close()


async def test_closing_kills_the_process_and_removes_its_directory(tmp_path: Path) -> None:
    link = make_link(tmp_path, Events())
    pid, directory = link.process.pid, link.process.directory
    assert exists(directory)
    await link.close()
    assert link.ended.result() == -9
    assert not psutil.pid_exists(pid)
    assert not exists(directory)


async def test_the_exit_code_of_the_process_is_the_result(tmp_path: Path) -> None:
    link = make_link(tmp_path, Events())
    link.send(encode(Submit([Words("r", (EXIT,))])))
    assert await asyncio.wait_for(asyncio.shield(link.ended), 20) == 3
    assert not link.receiving.done()
    await link.close()


async def test_an_event_that_cannot_be_handled_ends_the_receiving_only(tmp_path: Path) -> None:
    events = Events()
    link = make_link(tmp_path, events)
    await until(lambda: len(events.received) == 1)
    events.fails = True
    link.send(encode(Submit([Words("r", ("a",))])))
    with pytest.raises(ValueError, match="cannot be handled"):
        await asyncio.wait_for(asyncio.shield(link.receiving), 20)
    assert not link.ended.done()
    await link.close()
