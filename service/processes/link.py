"""One life of a process beside this one: commands go there, events come back, until it ends.

It owns the process and the sockets. What the frames say is known to whoever made it, and what follows the end to the
``Supervisor``.
"""

import asyncio
from collections.abc import Callable

import zmq
import zmq.asyncio

from service.engine.protocol.messages import commands_address, events_address
from service.processes.child_process import ChildProcess

_SETTLE_SECONDS = 0.1


class Link:
    """Tells the process what to serve and hands every frame that comes to ``on_event``.

    ``ended`` is done with the exit code when the process has ended, ``receiving`` only when ``on_event`` raised.
    """

    def __init__(self, process: ChildProcess, config: bytes, on_event: Callable[[bytes], None]) -> None:
        self.process = process
        self._on_event = on_event
        self._context = zmq.asyncio.Context()
        # Commands are sent without awaiting, so that a cancelled task can still abort: hence the plain socket.
        self._commands: zmq.Socket[bytes] = zmq.Context.shadow(self._context).socket(zmq.PUSH)
        self._commands.setsockopt(zmq.SNDHWM, 0)
        # Who connects has a queue from the start; who binds loses what is sent before the other is there.
        self._commands.connect(commands_address(process.directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.setsockopt(zmq.RCVHWM, 0)
        self._events.bind(events_address(process.directory))
        process.configure(config)
        self.receiving = asyncio.create_task(self._receive())
        self.ended = asyncio.create_task(asyncio.to_thread(process.wait))

    def send(self, frame: bytes) -> None:
        """Never waits. What is sent before the process listens reaches it when it does."""
        self._commands.send(frame, zmq.DONTWAIT)

    async def settle(self) -> None:
        """Let what an ended process has said last arrive, or most of it. The rest is never heard."""
        await asyncio.wait([self.receiving], timeout=_SETTLE_SECONDS)

    async def close(self) -> None:
        """End the process if it runs, and remove the sockets."""
        self.process.kill()
        await self.ended
        self.receiving.cancel()
        await asyncio.gather(self.receiving, return_exceptions=True)
        self._commands.close(linger=0)
        self._events.close(linger=0)
        self._context.term()
        self.process.close()

    async def _receive(self) -> None:
        while True:
            self._on_event(await self._events.recv())
