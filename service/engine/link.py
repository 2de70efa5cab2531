"""A process beside this one, as its parent talks to it: commands go there, events come back, its end is noticed.

It owns the process and the sockets. What the frames say is known to whoever made it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Literal

import zmq
import zmq.asyncio

from service.engine.errors import EngineError, EngineUnavailable
from service.engine.messages import commands_address, events_address
from service.engine.process import EngineProcess

Status = Literal["loading", "ready", "stopping", "dead"]

_STOP_SECONDS = 5.0


class Link:
    """``name`` is what people call the process, ``worker`` the module that is it.

    ``on_event`` gets every frame that comes, and is to call ``ready`` or ``die``; ``on_end`` is called when no more
    will come.
    """

    def __init__(
        self, name: str, worker: str, *, on_event: Callable[[bytes], None], on_end: Callable[[], None]
    ) -> None:
        self.status: Status = "loading"
        self.reason = ""  # why it is dead, for people
        self._name = name
        self._worker = worker
        self._on_event = on_event
        self._on_end = on_end
        self._process: EngineProcess | None = None
        self._started = asyncio.Event()  # ready or dead

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def start(self, config: bytes, process: EngineProcess | None = None) -> None:
        """Let the process load and return when it is ready. Raises EngineError if it cannot start.

        ``process`` is one that is there already.
        """
        process = self._process = process or EngineProcess(self._worker)
        self._context = zmq.asyncio.Context()
        # Commands are sent without awaiting, so that a cancelled task can still abort: hence the plain socket.
        self._commands: zmq.Socket[bytes] = zmq.Context.shadow(self._context).socket(zmq.PUSH)
        self._commands.setsockopt(zmq.SNDHWM, 0)
        self._commands.bind(commands_address(process.directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.setsockopt(zmq.RCVHWM, 0)
        self._events.bind(events_address(process.directory))
        process.configure(config)
        self._receiving = asyncio.create_task(self._receive())
        self._watching = asyncio.create_task(self._watch(process))
        await self._started.wait()
        if self.status == "dead":
            raise EngineError(self.reason)

    async def close(self, stop: bytes) -> None:
        """Say ``stop``, wait for the end of the process, and remove the sockets. Idempotent."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if self.status != "dead":
            self.status = "stopping"
        self._on_end()
        self.send(stop)
        _, running = await asyncio.wait([self._watching], timeout=_STOP_SECONDS)
        if running:
            process.kill()
            await self._watching
        self._receiving.cancel()
        await asyncio.gather(self._receiving, return_exceptions=True)
        self._commands.close(linger=0)
        self._events.close(linger=0)
        self._context.term()
        process.close()

    def send(self, frame: bytes) -> None:
        """Never waits. Without a process at the other end there is nobody to tell, and ``_watch`` tells the rest."""
        with suppress(zmq.Again):
            self._commands.send(frame, zmq.DONTWAIT)

    def ready(self) -> None:
        """It has said that it can be used."""
        self.status = "ready"
        self._started.set()

    def die(self, reason: str) -> None:
        """It has said that it cannot go on, or is gone."""
        if self.status == "dead":
            return  # the first reason is the cause
        self.status, self.reason = "dead", reason
        self._started.set()
        self._on_end()

    def unavailable(self) -> EngineUnavailable:
        """What to raise while it is not ready."""
        return EngineUnavailable(self.status, self.reason or f"the {self._name} is {self.status}")

    async def _receive(self) -> None:
        while True:
            self._on_event(await self._events.recv())

    async def _watch(self, process: EngineProcess) -> None:
        """Notice the end of the process, whatever its cause."""
        code = await asyncio.to_thread(process.wait)
        if self.status == "stopping":
            return
        cause = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self.die(f"the {self._name} process {cause}")
