"""The API process's side of the engine: start it, submit requests, receive their tokens as async streams.

It owns the ledger of who awaits what, and the supervisor of the engine process: when that dies, whatever is unfinished
goes on in another one, and the streams notice nothing but a pause. It knows neither torch nor the model.
"""

from collections.abc import Callable, Iterable

import msgspec

from service.engine import ENGINE_WORKER
from service.engine.in_flight_request import Flight
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.messages import Abort, Beat, Failed, Ready, Rejected, Stop, Submit, decode_event, encode
from service.engine.protocol.outputs import ErrorKind, FinishReason, StepOutput, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream
from service.errors import PoisonPill
from service.processes.child_process import ChildProcess
from service.processes.in_flight import Ledger
from service.processes.supervisor import ProcessObserver, RestartPolicy, Status, Supervisor

# What a new engine has as the last one had it, whatever the machine's memory says by then.
_SIZES = ("max_model_len", "max_num_seqs", "max_batch_tokens", "prefill_chunk", "block_size", "num_blocks")


class EngineClient:
    """Tells the engine process what to serve, talks to it, and tells how it is."""

    def __init__(
        self,
        config: EngineConfig,
        *,
        on_step: Callable[[StepStats], None] | None = None,
        process: ChildProcess | None = None,  # one that is there already
        restart_policy: RestartPolicy | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        self.config = config
        self._on_step = on_step
        self._info: EngineInfo | None = None
        self._ledger: Ledger[Flight] = Ledger()
        self._given = process
        self._supervisor = Supervisor(
            "engine",
            ENGINE_WORKER,
            config=self._told,
            on_event=self._receive,
            owed=self._ledger.__len__,
            on_death=self._bury,
            on_end=self._fail_streams,
            restart_policy=restart_policy,
            observer=observer,
        )

    @property
    def status(self) -> Status:
        return self._supervisor.status

    @property
    def reason(self) -> str:
        """Why it is not ready, for people."""
        return self._supervisor.reason

    @property
    def info(self) -> EngineInfo:
        """Raises ProcessUnavailable until the engine is ready for the first time."""
        if self._info is None:
            raise self._supervisor.unavailable()
        return self._info

    @property
    def pid(self) -> int | None:
        """The engine process, while there is one."""
        return self._supervisor.pid

    async def start(self) -> None:
        """Let the engine process load and return when it is ready. Raises ProcessError if it cannot start."""
        await self._supervisor.start(self._given)

    async def close(self) -> None:
        """Abort everything, stop the process and remove the sockets. Idempotent."""
        await self._supervisor.close(encode(Stop()))

    def require_ready(self) -> None:
        """Raises ProcessUnavailable unless the engine is ready: for newcomers, who can come again."""
        if self.status != "ready":
            raise self._supervisor.unavailable()

    def submit(self, requests: Iterable[Request], stream: TokenStream | None = None) -> TokenStream:
        """Queue requests; their ids are unique among all that are alive. Raises ProcessUnavailable.

        Their outputs come in a stream of their own, or in the one that is given, which goes on then. A request that
        can never fit ends with an error output; `info` tells beforehand what fits. While the engine restarts they wait.
        """
        if self.status not in ("ready", "restarting"):
            raise self._supervisor.unavailable()
        requests = list(requests)
        stream = stream or TokenStream((), self._abort)
        stream.expect(request.id for request in requests)
        for request in requests:
            self._ledger.add(request.id, Flight(request, stream))
        self._send_due()
        return stream

    def _told(self) -> bytes:
        """What to tell a process that is to be the engine."""
        config = self.config
        if self._info is not None:
            config = msgspec.structs.replace(config, **{name: getattr(self._info, name) for name in _SIZES})
        return msgspec.json.encode(config)

    def _receive(self, frame: bytes) -> None:
        """Hand out what the engine tells."""
        event = decode_event(frame)
        match event:
            case StepOutput(outputs, stats):
                for output in outputs:
                    self._deliver(output)
                if outputs or stats.num_prefill_tokens or stats.num_decode_tokens:
                    self._supervisor.progress()
                if self._on_step is not None:
                    self._on_step(stats)
            case Beat(cpu_seconds):
                self._supervisor.beat(cpu_seconds)
            case Rejected(output):
                self._deliver(output)
                self._supervisor.progress()
            case Ready(info):
                self._info = info
                self._supervisor.ready()
                self._send_due()
            case Failed(message):
                self._supervisor.fail(message)

    def _deliver(self, output: TokenOutput) -> None:
        entry = self._ledger.get(output.request_id)
        if entry is None:
            return  # given up while this was on its way
        flight = entry.item
        if not entry.gained:
            self._ledger.gain(entry)
            self._send_due()
            output = flight.resumed(output)
        if output.finish is not None:
            self._ledger.remove(output.request_id)
        flight.put(output)

    def _send_due(self) -> None:
        if self.status == "ready" and (due := self._ledger.due()):
            self._supervisor.send(encode(Submit([flight.remainder for flight in due])))

    def _abort(self, request_ids: list[str]) -> None:
        for request_id in request_ids:
            self._ledger.remove(request_id)
        self._supervisor.send(encode(Abort(request_ids)))
        self._send_due()

    def _bury(self, computed: list[str]) -> bool:
        """The engine has died; whether anything came of its life."""
        burial = self._ledger.bury(computed)
        for flight in burial.guilty:
            flight.put(
                TokenOutput(
                    flight.request.id,
                    finish=FinishReason.ERROR,
                    error=str(PoisonPill()),
                    error_kind=ErrorKind.POISON_PILL,
                )
            )
        return burial.hope

    def _fail_streams(self) -> None:
        for flight in self._ledger.clear():
            flight.stream.fail(self._supervisor.unavailable())
