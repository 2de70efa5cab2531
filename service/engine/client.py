"""The API process's side of the engine: start it, submit requests, receive their tokens as async streams.

It owns the sockets, the table of who awaits what, and the engine process. It knows neither torch nor the model.
"""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Literal

import msgspec
import zmq
import zmq.asyncio

from service.engine.errors import EngineError, EngineUnavailable
from service.engine.messages import (
    Abort,
    Failed,
    Ready,
    Rejected,
    Stop,
    Submit,
    commands_address,
    decode_event,
    encode,
    events_address,
)
from service.engine.process import EngineProcess
from service.engine.stream import Stream
from service.engine.types import EngineConfig, EngineInfo, Request, StepOutput, StepStats, TokenOutput

Status = Literal["loading", "ready", "stopping", "dead"]

_STOP_SECONDS = 5.0


class EngineClient:
    """Tells the engine process what to serve, talks to it, and tells how it is."""

    def __init__(
        self,
        config: EngineConfig,
        *,
        on_step: Callable[[StepStats], None] | None = None,
        process: EngineProcess | None = None,  # one that is there already
    ) -> None:
        self.config = config
        self.status: Status = "loading"
        self.reason = ""  # why it is dead, for people
        self._on_step = on_step
        self._info: EngineInfo | None = None
        self._streams: dict[str, Stream] = {}
        self._given = process
        self._process: EngineProcess | None = None
        self._started = asyncio.Event()  # ready or dead

    @property
    def info(self) -> EngineInfo:
        """Raises EngineUnavailable until the engine is ready."""
        if self._info is None:
            raise self._unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The engine process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def start(self) -> None:
        """Let the engine process load and return when it is ready. Raises EngineError if it cannot start."""
        process = self._process = self._given or EngineProcess()
        self._context = zmq.asyncio.Context()
        # Commands are sent without awaiting, so that a cancelled task can still abort: hence the plain socket.
        self._commands: zmq.Socket[bytes] = zmq.Context.shadow(self._context).socket(zmq.PUSH)
        self._commands.setsockopt(zmq.SNDHWM, 0)
        self._commands.bind(commands_address(process.directory))
        self._events = self._context.socket(zmq.PULL)
        self._events.setsockopt(zmq.RCVHWM, 0)
        self._events.bind(events_address(process.directory))
        process.configure(msgspec.json.encode(self.config))
        self._receiving = asyncio.create_task(self._receive())
        self._watching = asyncio.create_task(self._watch(process))
        await self._started.wait()
        if self.status == "dead":
            raise EngineError(self.reason)

    async def close(self) -> None:
        """Abort everything, stop the process and remove the sockets. Idempotent."""
        if self._process is None:
            return
        process, self._process = self._process, None
        if self.status != "dead":
            self.status = "stopping"
        self._fail_streams()
        self._send(Stop())
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

    def submit(self, requests: Iterable[Request], stream: Stream | None = None) -> Stream:
        """Queue requests; their ids are unique among all that are alive. Raises EngineUnavailable.

        Their outputs come in a stream of their own, or in the one that is given, which goes on then. A request that
        can never fit ends with an error output; `info` tells beforehand what fits.
        """
        if self.status != "ready":
            raise self._unavailable()
        requests = list(requests)
        stream = stream or Stream((), self._abort)
        stream.expect(request.id for request in requests)
        self._streams.update((request.id, stream) for request in requests)
        self._send(Submit(requests))
        return stream

    async def _receive(self) -> None:
        """Hand out what the engine tells, for as long as there is one."""
        while True:
            event = decode_event(await self._events.recv())
            match event:
                case StepOutput():
                    for output in event.outputs:
                        self._deliver(output)
                    if self._on_step is not None:
                        self._on_step(event.stats)
                case Rejected(output):
                    self._deliver(output)
                case Ready(info):
                    self._info = info
                    self.status = "ready"
                    self._started.set()
                case Failed(message):
                    self._die(message)

    async def _watch(self, process: EngineProcess) -> None:
        """Notice the end of the process, whatever its cause."""
        code = await asyncio.to_thread(process.wait)
        if self.status == "stopping":
            return
        cause = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        self._die(f"the engine process {cause}")

    def _deliver(self, output: TokenOutput) -> None:
        stream = self._streams.get(output.request_id)
        if stream is None:
            return  # given up while this was on its way
        if output.finish is not None:
            del self._streams[output.request_id]
        stream.put(output)

    def _abort(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            self._streams.pop(request_id, None)
        if self.status == "ready":
            self._send(Abort(request_ids))

    def _die(self, reason: str) -> None:
        if self.status == "dead":
            return  # the first reason is the cause
        self.status, self.reason = "dead", reason
        self._started.set()
        self._fail_streams()

    def _fail_streams(self) -> None:
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(self._unavailable())

    def _unavailable(self) -> EngineUnavailable:
        return EngineUnavailable(self.status, self.reason or f"the engine is {self.status}")

    def _send(self, command: Submit | Abort | Stop) -> None:
        """Never waits. Without a process at the other end there is nobody to tell, and ``_watch`` tells the rest."""
        with suppress(zmq.Again):
            self._commands.send(encode(command), zmq.DONTWAIT)
