"""The parent as its child process sees it: it tells what to serve, sends commands, and is told of events.

A thread of its own beats, so that the parent knows a long step from a frozen process.
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

from service.engine.protocol.messages import Beat, commands_address, encode, events_address
from service.processes.liveness import BEAT_SECONDS

_CHECK_MS = 500


class Parent:
    """Owns the child's end of the sockets. ``directory`` holds them and belongs to the user alone."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._pid = os.getppid()
        self._context = zmq.Context()
        self._commands = self._context.socket(zmq.PULL)
        self._commands.bind(commands_address(directory))
        self._events = self._context.socket(zmq.PUSH)
        self._events.setsockopt(zmq.SNDHWM, 0)  # nobody here waits for a reader
        self._events.setsockopt(zmq.LINGER, 1000)
        self._events.connect(events_address(directory))
        self._closing = threading.Event()
        self._beating = threading.Thread(target=self._beat, args=(directory,), name="beat", daemon=True)
        self._beating.start()

    @property
    def lives(self) -> bool:
        return os.getppid() == self._pid

    def told(self) -> bytes:
        """What to serve; nothing if the parent has ended without a word."""
        data = sys.stdin.buffer.read()
        if not data:
            self._pid = 0  # it may have ended before this process could see who it was
        return data

    def commands(self, *, wait: bool) -> Iterator[bytes]:
        """All commands that are there; ``wait`` for one, but not for ever."""
        if wait:
            self._commands.poll(_CHECK_MS)
        while True:
            try:
                yield self._commands.recv(zmq.NOBLOCK)
            except zmq.Again:
                return

    def tell(self, event: bytes) -> None:
        self._events.send(event)

    def close(self) -> None:
        self._closing.set()
        self._beating.join()
        self._context.destroy(linger=1000)
        if not self.lives:
            shutil.rmtree(self._directory, ignore_errors=True)  # there is nobody else to do it

    def _beat(self, directory: str) -> None:
        """Sockets belong to one thread, so this one has its own."""
        with self._context.socket(zmq.PUSH) as events:
            events.setsockopt(zmq.SNDHWM, 2)
            events.setsockopt(zmq.LINGER, 0)
            events.connect(events_address(directory))
            while not self._closing.wait(BEAT_SECONDS):
                with suppress(zmq.Again):  # a parent that does not listen misses nothing
                    events.send(encode(Beat(time.process_time())), zmq.NOBLOCK)


def be_a_child(directory: str) -> None:
    """What every process does first that is there for a parent: leave stacks where the parent reads them."""
    stacks = Path(directory, "stacks").open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the process
    faulthandler.enable(stacks)
    faulthandler.register(signal.SIGUSR1, stacks)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the API process decides what ends
