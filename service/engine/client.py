"""The API process's side of the engine: submit requests, and receive their tokens as async streams.

It imports neither torch nor the model.
"""

from collections.abc import Callable, Iterable

import msgspec

from service.engine import ENGINE_WORKER
from service.engine.in_flight_request import InFlightRequest
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.messages import EngineEvent, Rejected, decode_event
from service.engine.protocol.outputs import StepOutput, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.token_stream import TokenStream
from service.processes.child_process import ChildProcess
from service.processes.client import ProcessClient
from service.processes.observer import ProcessObserver
from service.processes.restart_policy import RestartPolicy

# A new engine process keeps the sizes of the last one, even if more or less memory is free now.
_SIZES = ("max_model_len", "max_num_seqs", "max_batch_tokens", "prefill_chunk", "block_size", "num_blocks")


class EngineClient(ProcessClient[EngineInfo, EngineEvent, InFlightRequest]):
    """A client of the engine process. ``on_step`` gets the statistics of every step."""

    def __init__(
        self,
        config: EngineConfig,
        restart_policy: RestartPolicy,
        *,
        on_step: Callable[[StepStats], None] | None = None,
        process: ChildProcess | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        """``process`` is an engine process that is started already."""
        super().__init__("engine", ENGINE_WORKER, decode_event, restart_policy, process=process, observer=observer)
        self.config = config
        self._on_step = on_step

    def submit(self, requests: Iterable[Request], stream: TokenStream | None = None) -> TokenStream:
        """Queue requests. Their ids are unique among all that are in flight. Raises ProcessUnavailable.

        Their outputs come in a new stream, or in ``stream``, which then continues until they have finished as well. A
        request that can never fit ends with an error output; ``info`` holds the limits. While the engine restarts, the
        requests wait.
        """
        self._require_started()
        requests = list(requests)
        stream = stream or TokenStream((), self.abort)
        stream.expect(request.id for request in requests)
        self._add({request.id: InFlightRequest(request, stream) for request in requests})
        return stream

    def _make_config(self) -> EngineConfig:
        if self._info is None:
            return self.config
        return msgspec.structs.replace(self.config, **{name: getattr(self._info, name) for name in _SIZES})

    def _handle(self, event: EngineEvent) -> None:
        match event:
            case StepOutput(outputs, stats):
                for output in outputs:
                    self._deliver(output)
                if outputs or stats.num_prefill_tokens or stats.num_decode_tokens:
                    self._supervisor.progress()
                if self._on_step is not None:
                    self._on_step(stats)
            case Rejected(output):
                self._deliver(output)
                self._supervisor.progress()

    def _deliver(self, output: TokenOutput) -> None:
        entry = self._in_flight.get(output.request_id)
        if entry is None:
            return  # aborted while this output was on its way
        request = entry.item
        if not entry.has_output:
            self._record_first_output(entry)
            output = request.without_repetitions(output)
        if output.finish is not None:
            self._in_flight.remove(output.request_id)
        request.deliver(output)
