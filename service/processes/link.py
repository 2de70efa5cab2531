"""The sockets to one child process, from its start to its end.

The link knows neither the meaning of frames nor what must follow the end of the process.

The event loop watches the descriptor of the events' socket itself. An event is handled in the callback that finds it:
pyzmq's own asyncio sockets, with a future and a task switch for each event, take several times as long.
"""

import asyncio
from collections.abc import Callable

import zmq

from service.processes.child_process import ChildProcess
from service.processes.messages import commands_address, events_address, has_messages

_SETTLE_SECONDS = 0.1
_MOST_AT_ONCE = 16  # events that are handled before the loop does other work


class Link:
    """Owns the process and the sockets. Configures the process and gives every frame of an event to ``on_event``.

    ``ended`` is done when the process has ended; its result is the exit code. ``receiving`` is done only if
    ``on_event`` raised; no more events are received then.
    """

    def __init__(self, process: ChildProcess, config: bytes, on_event: Callable[[bytes], None]) -> None:
        self.process = process
        self._on_event = on_event
        self._context = zmq.Context()
        self._commands = self._context.socket(zmq.PUSH)
        self._commands.setsockopt(zmq.SNDHWM, 0)
        # A socket that connects queues messages at once; one that binds may lose those sent before the peer is there.
        self._commands.connect(commands_address(process.directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.setsockopt(zmq.RCVHWM, 0)
        self._events.bind(events_address(process.directory))
        process.configure(config)
        self._loop = asyncio.get_running_loop()
        self.receiving: asyncio.Future[None] = self._loop.create_future()
        self._events_descriptor = self._events.fileno()
        self._loop.add_reader(self._events_descriptor, self._receive)
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
        self._stop_receiving()
        self.receiving.cancel()
        await asyncio.gather(self.receiving, return_exceptions=True)
        self._commands.close(linger=0)
        self._events.close(linger=0)
        self._context.term()
        self.process.close()

    def _receive(self) -> None:
        """Handle the events that have arrived.

        The descriptor need not become readable again for an event that is left, so none may be: the rest comes later.
        """
        if self.receiving.done():
            return
        try:
            for _ in range(_MOST_AT_ONCE):
                if not has_messages(self._events):
                    return
                self._on_event(self._events.recv(zmq.NOBLOCK))
        except Exception as error:
            self._stop_receiving()
            self.receiving.set_exception(error)
            return
        self._loop.call_soon(self._receive)

    def _stop_receiving(self) -> None:
        self._loop.remove_reader(self._events_descriptor)
