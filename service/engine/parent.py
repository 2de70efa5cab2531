"""The parent as its child process sees it: it tells what to serve, sends commands, and is told of events."""

import faulthandler
import os
import signal
import sys
from collections.abc import Iterator

import zmq

from service.engine.messages import commands_address, events_address

_CHECK_MS = 500


class Parent:
    """Owns the child's end of the sockets. ``directory`` holds them and belongs to the user alone."""

    def __init__(self, directory: str) -> None:
        self._pid = os.getppid()
        self._context = zmq.Context()
        self._commands = self._context.socket(zmq.PULL)
        self._commands.connect(commands_address(directory))
        self._events = self._context.socket(zmq.PUSH)
        self._events.setsockopt(zmq.SNDHWM, 0)  # nobody here waits for a reader
        self._events.setsockopt(zmq.LINGER, 1000)
        self._events.connect(events_address(directory))

    @property
    def lives(self) -> bool:
        return os.getppid() == self._pid

    def told(self) -> bytes:
        """What to serve; nothing if the parent has ended without a word."""
        return sys.stdin.buffer.read()

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
        self._context.destroy(linger=1000)


def be_a_child() -> None:
    """What every process does first that is there for a parent."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the API process decides what ends
