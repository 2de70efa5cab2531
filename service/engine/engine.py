"""The engine: schedule, run, commit. It has no sockets, and reads the clock only to time its steps."""

import time
from collections.abc import Callable
from typing import Protocol

import msgspec

from service.engine.constraints.constraint_maker import ConstraintMaker
from service.engine.drafting.draft_runner import DraftRunner
from service.engine.drafting.drafter import ModelDrafter
from service.engine.execution.recovery import Recovery
from service.engine.loaded_adapters import AdapterRunner, LoadedAdapters
from service.engine.protocol.adapter_info import AdapterInfo
from service.engine.protocol.config import EngineConfig
from service.engine.protocol.engine_info import EngineInfo
from service.engine.protocol.outputs import StepOutput, StepStats
from service.engine.protocol.request import Request
from service.engine.protocol.snapshot import Snapshot
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.prefill_budget import PrefillBudget
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.snapshot import take_snapshot
from service.engine.scheduling.speculator import MeasuredSpeculator, Speculator
from service.engine.scheduling.step import Runner
from service.engine.scheduling.step_cost_model import StepCostModel
from service.errors import AdapterInUse


class SizedRunner(Runner, AdapterRunner, Protocol):
    """A runner that says how many sequences and tokens it can hold, and that holds adapters."""

    @property
    def info(self) -> EngineInfo: ...

    @property
    def draft_runner(self) -> DraftRunner | None:
        """What computes the draft model; None: there is none."""
        ...


class Engine:
    """Continues many sequences at once. Add requests, and call ``step`` for outputs while there is work."""

    def __init__(
        self,
        runner: SizedRunner,
        config: EngineConfig,
        speculator: Speculator | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``speculator`` guesses tokens in the place of the one that ``config`` asks for. ``clock`` times the steps."""
        self._clock = clock
        self._adapters = LoadedAdapters(runner)
        adapters = tuple(self._adapters.load(name, path) for name, path in config.adapters.items())
        self.info = msgspec.structs.replace(runner.info, adapters=adapters)
        self._runner = Recovery(runner)
        self._constraints = ConstraintMaker(config.model_path, self.info.vocab_size)
        self._pool = BlockPool(self.info.num_blocks, self.info.block_size, prefix_caching=config.prefix_caching)
        cost_model = StepCostModel()
        if speculator is None and config.speculation != "off":
            draft = runner.draft_runner if config.speculation == "draft" else None
            speculator = MeasuredSpeculator(cost_model, self._drafter(draft, cost_model) if draft else None)
        self._scheduler = Scheduler(
            self._pool,
            max_num_seqs=self.info.max_num_seqs,
            max_batch_tokens=self.info.max_batch_tokens,
            prefill_chunk=self.info.prefill_chunk,
            max_model_len=self.info.max_model_len,
            max_source_len=self.info.max_source_len,
            ageing_seconds=config.ageing_seconds,
            prefill_budget=PrefillBudget(config.target_itl_ms / 1000, cost_model),
            speculator=speculator,
            clock=clock,
        )
        self._num_steps = 0

    def _drafter(self, runner: DraftRunner, cost_model: StepCostModel) -> ModelDrafter:
        info = self.info
        return ModelDrafter(runner, cost_model, block_size=info.block_size, chunk=info.prefill_chunk, clock=self._clock)

    @property
    def has_work(self) -> bool:
        """Whether sequences run or wait."""
        return bool(self._scheduler.num_running or self._scheduler.num_waiting)

    @property
    def blocks_used(self) -> int:
        """The number of KV blocks that sequences hold; 0 when there is no work."""
        return self._pool.num_used

    def add(self, request: Request) -> None:
        """Queue a request. Raises RequestTooLarge if it can never fit, UnknownAdapter, or another EngineError."""
        self._scheduler.add(request, self._adapters.number(request.adapter), self._constraints.make(request))

    def abort(self, request_id: str) -> bool:
        """Drop a request and free its blocks. Return False if it is unknown or finished."""
        return self._scheduler.abort(request_id)

    def load_adapter(self, name: str, path: str) -> AdapterInfo:
        """Load the adapter in the directory ``path``, and call it ``name``. Never call it during a step.

        If it cannot be loaded, its facts hold the error. Raises DeviceLost.
        """
        return self._adapters.load(name, path)

    def unload_adapter(self, name: str) -> None:
        """Forget an adapter. Raises UnknownAdapter, and AdapterInUse if a sequence uses it."""
        if self._scheduler.uses_adapter(self._adapters.number(name)):
            raise AdapterInUse(f"a request still uses the adapter {name!r}")
        self._adapters.unload(name)

    def idle_stats(self) -> StepStats:
        """The statistics of no step, while there is no work: its time is 0, and it has no tokens."""
        return StepStats(
            step=self._num_steps,
            seconds=0.0,
            num_running=self._scheduler.num_running,
            num_waiting=self._scheduler.num_waiting,
            num_prefill_tokens=0,
            num_decode_tokens=0,
            num_preempted=0,
            cache_queried_tokens=0,
            cache_hit_tokens=0,
            blocks_used=self._pool.num_used,
            blocks_total=self._pool.num_blocks,
        )

    def snapshot(self) -> Snapshot:
        """Describe the sequences and the KV blocks. Never call it during a step."""
        return take_snapshot(self._scheduler, self._clock)

    def step(self) -> StepOutput:
        """Compute one step. A sequence that cannot be computed fails alone.

        Raises DeviceLost; then this engine cannot compute any more.
        """
        begin = self._clock()
        step = self._scheduler.schedule()
        constraints = (chunk.sequence.constraint for chunk in step.chunks)
        self._constraints.prepare([constraint for constraint in constraints if constraint is not None])
        outputs = self._scheduler.commit(step, self._runner.run(step))
        seconds = self._clock() - begin
        self._scheduler.record_step_time(step, seconds)
        self._num_steps += 1
        num_decodes, num_proposed = step.num_decodes, step.num_proposed
        stats = StepStats(
            step=self._num_steps,
            seconds=seconds,
            num_running=self._scheduler.num_running,
            num_waiting=self._scheduler.num_waiting,
            num_prefill_tokens=step.num_tokens + step.num_source - num_decodes - num_proposed,
            num_decode_tokens=num_decodes,
            num_preempted=step.num_preempted,
            cache_queried_tokens=step.cache_queried_tokens,
            cache_hit_tokens=step.cache_hit_tokens,
            blocks_used=self._pool.num_used,
            blocks_total=self._pool.num_blocks,
            num_proposed_tokens=num_proposed,
            num_accepted_tokens=step.num_accepted,
            num_drafted_tokens=step.draft_cost.num_guesses,
            draft_seconds=step.draft_cost.seconds,
        )
        return StepOutput(outputs=outputs, stats=stats)
