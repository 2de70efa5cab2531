"""The sockets to one child process, from its start to its end.

The link knows neither the meaning of frames nor what must follow the end of the process.
"""

import asyncio
from collections.abc import Callable

import zmq
import zmq.asyncio

from service.processes.child_process import ChildProcess
from service.processes.messages import commands_address, events_address

_SETTLE_SECONDS = 0.1


class Link:
    """Owns the process and the sockets. Configures the process and gives every frame of an event to ``on_event``.

    ``ended`` is done when the process has ended; its result is the exit code. ``receiving`` is done only if
    ``on_event`` raised.
    """

    def __init__(self, process: ChildProcess, config: bytes, on_event: Callable[[bytes], None]) -> None:
        self.process = process
        self._on_event = on_event
        self._context = zmq.asyncio.Context()
        # Commands are sent without awaiting, so that a cancelled task can still abort: hence the plain socket.
        self._commands: zmq.Socket[bytes] = zmq.Context.shadow(self._context).socket(zmq.PUSH)
        self._commands.setsockopt(zmq.SNDHWM, 0)
        # A socket that connects queues messages at once; one that binds may lose those sent before the peer is there.
        self._commands.connect(commands_address(process.directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.setsockopt(zmq.RCVHWM, 0)
        self._events.bind(events_address(process.directory))
        process.configure(config)
        self.receiving = asyncio.create_task(self._receive())
        self.ended = asyncio.create_task(asyncio.to_thread(process.wait))

    def send(self, frame: bytes) -> None:
        """Send a command without waiting. A process that does not listen yet receives it later."""
        self._commands.send(frame, zmq.DONTWAIT)

    async def settle(self) -> None:
        """Wait for the last events of an ended process. Events that take longer are lost."""
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
