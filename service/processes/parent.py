"""The parent process as its child process sees it: it sends a config and commands, and receives events.

A thread of its own sends heartbeats, so that the parent can tell a long step from a frozen process.
"""

import faulthandler
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import zmq

from service.processes.liveness import HEARTBEAT_SECONDS
from service.processes.messages import Heartbeat, commands_address, encode, events_address, has_messages

_POLL_MILLISECONDS = 500


class Parent:
    """Owns the child's end of the sockets. ``directory`` holds them and belongs to the user alone."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._pid = os.getppid()
        self._context = zmq.Context()
        self._commands = self._context.socket(zmq.PULL)
        self._commands.bind(commands_address(directory))
        self._events = self._context.socket(zmq.PUSH)
        self._events.setsockopt(zmq.SNDHWM, 0)  # the child never waits until the parent reads
        self._events.setsockopt(zmq.LINGER, 1000)
        self._events.connect(events_address(directory))
        self._closing = threading.Event()
        self._heartbeats = threading.Thread(
            target=self._send_heartbeats, args=(directory,), name="heartbeat", daemon=True
        )
        self._heartbeats.start()

    @property
    def is_alive(self) -> bool:
        """Whether the parent still runs: otherwise this process has another parent."""
        return os.getppid() == self._pid

    def read_config(self) -> bytes:
        """Wait for the config. Empty if the parent has ended without sending one."""
        config = sys.stdin.buffer.read()
        if not config:
            self._pid = 0  # the parent may have ended before this process asked for its id
        return config

    def commands(self, *, wait: bool) -> Iterator[bytes]:
        """All commands that have arrived. With ``wait``, wait for the first one, at most half a second."""
        if wait:
            self._commands.poll(_POLL_MILLISECONDS)
        while has_messages(self._commands):
            yield self._commands.recv(zmq.NOBLOCK)

    def send(self, event: bytes) -> None:
        """Send an event without waiting."""
        self._events.send(event)

    def close(self) -> None:
        """Send what is queued, for at most a second, and remove the sockets."""
        self._closing.set()
        self._heartbeats.join()
        self._context.destroy(linger=1000)
        if not self.is_alive:
            shutil.rmtree(self._directory, ignore_errors=True)  # no other process is left to remove it

    def _send_heartbeats(self, directory: str) -> None:
        """Use a socket of its own: a socket belongs to one thread."""
        with self._context.socket(zmq.PUSH) as events:
            events.setsockopt(zmq.SNDHWM, 2)
            events.setsockopt(zmq.LINGER, 0)
            events.connect(events_address(directory))
            while not self._closing.wait(HEARTBEAT_SECONDS):
                with suppress(zmq.Again):  # a parent that does not read needs no more heartbeats
                    events.send(encode(Heartbeat(time.process_time())), zmq.NOBLOCK)


def prepare_child(directory: str) -> None:
    """Prepare this child process: write its stacks to a file on a crash, and ignore what a terminal sends."""
    stacks = Path(directory, "stacks").open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    faulthandler.enable(stacks)
    faulthandler.register(signal.SIGUSR1, stacks)
    for number in (signal.SIGINT, signal.SIGHUP):  # they reach the whole group; the API process decides what ends
        signal.signal(number, signal.SIG_IGN)
