"""The API process's side of the engine: submit requests, and receive their tokens as async streams.

It imports neither torch nor the model.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from service.engine import ENGINE_WORKER
from service.engine.adapter_requests import AdapterRequests
from service.engine.in_flight_request import InFlightRequest
from service.engine.protocol.adapter_info import AdapterInfo
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.messages import (
    AdapterLoaded,
    AdapterUnloaded,
    EngineEvent,
    LoadAdapter,
    Rejected,
    TakeSnapshot,
    UnloadAdapter,
    decode_event,
)
from service.engine.protocol.outputs import StepOutput, StepStats, TokenOutput
from service.engine.protocol.request import Request
from service.engine.protocol.snapshot import Snapshot
from service.engine.token_stream import TokenStream
from service.processes.child_process import ChildProcess
from service.processes.client import ProcessClient
from service.processes.messages import encode
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
        name: str = "engine",
        on_step: Callable[[StepStats], None] | None = None,
        process: ChildProcess | None = None,
        observer: ProcessObserver | None = None,
    ) -> None:
        """``name`` is the process's name for people. ``process`` is an engine process that is started already."""
        super().__init__(name, ENGINE_WORKER, decode_event, restart_policy, process=process, observer=observer)
        self.config = config
        self._step_observers = [] if on_step is None else [on_step]
        self._snapshots: list[asyncio.Future[Snapshot]] = []  # that callers wait for, in the order of the commands
        self._adapters = AdapterRequests(config.adapters)

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

    @property
    def adapters(self) -> Mapping[str, AdapterInfo]:
        """The adapters that are loaded, by name. ``info.adapters`` says why one of the configuration is not."""
        return self._adapters.infos

    async def load_adapter(self, name: str, path: str) -> AdapterInfo:
        """Load the adapter in the directory ``path``, and call it ``name``. A later engine process loads it again.

        Raises UnsupportedAdapter, AdapterInUse if the name is taken, and ProcessUnavailable if the engine is not ready
        or ends meanwhile.
        """
        self.require_ready()
        answer = self._adapters.expect_load(name, path)
        self._supervisor.send(encode(LoadAdapter(name, path)))
        return await answer

    async def unload_adapter(self, name: str) -> None:
        """Wait until no request uses the adapter, and forget it. Send no more requests to it.

        Raises UnknownAdapter, and ProcessUnavailable if the engine is not ready when the last request has ended.
        """
        self._adapters.require(name)
        while ids := [item.request.id for item in self._in_flight.items() if item.request.adapter == name]:
            await self._in_flight.wait_until_removed(ids)
        self.require_ready()
        answer = self._adapters.expect_unload(name)
        self._supervisor.send(encode(UnloadAdapter(name)))
        await answer

    @contextmanager
    def observed(self, on_step: Callable[[StepStats], None]) -> Iterator[None]:
        """Pass the statistics of every step to ``on_step`` too, until the block ends."""
        self._step_observers.append(on_step)
        try:
            yield
        finally:
            self._step_observers.remove(on_step)

    async def snapshot(self) -> Snapshot:
        """The sequences and KV blocks between two steps.

        Raises ProcessUnavailable if the engine is not ready, or ends meanwhile.
        """
        self.require_ready()
        answer: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        self._snapshots.append(answer)
        self._supervisor.send(encode(TakeSnapshot()))
        return await answer

    def _make_config(self) -> EngineConfig:
        config = msgspec.structs.replace(self.config, adapters=self._adapters.paths)
        if self._info is None:
            return config
        return msgspec.structs.replace(config, **{name: getattr(self._info, name) for name in _SIZES})

    def _on_ready(self, info: EngineInfo) -> None:
        self._adapters.started(info.adapters)

    def _on_process_end(self) -> None:
        self._adapters.process_ended(self._supervisor.unavailable())
        unanswered, self._snapshots = self._snapshots, []
        for answer in unanswered:
            if not answer.done():
                answer.set_exception(self._supervisor.unavailable())

    def _handle(self, event: EngineEvent) -> None:
        match event:
            case StepOutput(outputs, stats):
                for output in outputs:
                    self._deliver(output)
                if outputs or stats.num_prefill_tokens or stats.num_decode_tokens:
                    self._supervisor.progress()
                for on_step in self._step_observers:
                    on_step(stats)
            case Rejected(output):
                self._deliver(output)
                self._supervisor.progress()
            case Snapshot():
                answer = self._snapshots.pop(0)
                if not answer.done():
                    answer.set_result(event)
            case AdapterLoaded(adapter):
                self._adapters.loaded(adapter)
                self._supervisor.progress()
            case AdapterUnloaded(name):
                self._adapters.unloaded(name)
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
