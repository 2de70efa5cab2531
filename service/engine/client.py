"""The API process's side of the engine: start it, submit requests, receive their tokens as async streams.

It owns the table of who awaits what, and the link to the engine process. It knows neither torch nor the model.
"""

from collections.abc import Callable, Iterable

import msgspec

from service.engine.link import Link, Status
from service.engine.messages import Abort, Failed, Ready, Rejected, Stop, Submit, decode_event, encode
from service.engine.process import EngineProcess
from service.engine.stream import Stream
from service.engine.types import EngineConfig, EngineInfo, Request, StepOutput, StepStats, TokenOutput


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
        self._on_step = on_step
        self._info: EngineInfo | None = None
        self._streams: dict[str, Stream] = {}
        self._given = process
        self._link = Link("engine", "service.engine.worker", on_event=self._receive, on_end=self._fail_streams)

    @property
    def status(self) -> Status:
        return self._link.status

    @property
    def reason(self) -> str:
        """Why it is dead, for people."""
        return self._link.reason

    @property
    def info(self) -> EngineInfo:
        """Raises EngineUnavailable until the engine is ready."""
        if self._info is None:
            raise self._link.unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The engine process, while there is one."""
        return self._link.pid

    async def start(self) -> None:
        """Let the engine process load and return when it is ready. Raises EngineError if it cannot start."""
        await self._link.start(msgspec.json.encode(self.config), self._given)

    async def close(self) -> None:
        """Abort everything, stop the process and remove the sockets. Idempotent."""
        await self._link.close(encode(Stop()))

    def submit(self, requests: Iterable[Request], stream: Stream | None = None) -> Stream:
        """Queue requests; their ids are unique among all that are alive. Raises EngineUnavailable.

        Their outputs come in a stream of their own, or in the one that is given, which goes on then. A request that
        can never fit ends with an error output; `info` tells beforehand what fits.
        """
        if self.status != "ready":
            raise self._link.unavailable()
        requests = list(requests)
        stream = stream or Stream((), self._abort)
        stream.expect(request.id for request in requests)
        self._streams.update((request.id, stream) for request in requests)
        self._link.send(encode(Submit(requests)))
        return stream

    def _receive(self, frame: bytes) -> None:
        """Hand out what the engine tells."""
        event = decode_event(frame)
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
                self._link.ready()
            case Failed(message):
                self._link.die(message)

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
            self._link.send(encode(Abort(request_ids)))

    def _fail_streams(self) -> None:
        streams, self._streams = self._streams, {}
        for stream in streams.values():
            stream.fail(self._link.unavailable())
