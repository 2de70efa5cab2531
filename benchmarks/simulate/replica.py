"""A replica: the real scheduler, block pool and prefix cache, over a model whose steps only take time."""

from dataclasses import dataclass, field

from benchmarks.simulate.load import Arrival
from benchmarks.simulate.machine import Machine, Work
from service.engine.protocol.request import Request
from service.engine.protocol.sampling_params import SamplingParams
from service.engine.scheduling.block_pool import BlockPool
from service.engine.scheduling.prefill_budget import PrefillBudget
from service.engine.scheduling.scheduler import Scheduler
from service.engine.scheduling.step import Chunk, ChunkOutput, Step


@dataclass(slots=True)
class Served:
    """One request and what became of it. Times are those of the load, in seconds."""

    arrival: Arrival
    replica: int
    first: float = 0.0
    last: float = 0.0
    tokens: int = 0
    cached: int = 0
    gaps: list[float] = field(default_factory=list)  # between two tokens

    def take(self, now: float) -> None:
        """A token has come."""
        if self.tokens:
            self.gaps.append(now - self.last)
        else:
            self.first = now
        self.last = now
        self.tokens += 1


class Replica:
    """One engine. The caller tells the time: ``begin`` a step, and ``end`` it when its seconds are over."""

    def __init__(self, number: int, machine: Machine) -> None:
        self.number = number
        self.pool = BlockPool(machine.num_blocks, machine.block_size)
        self.busy_seconds = 0.0
        self.computed_tokens = 0
        self._seconds = machine.seconds
        self._now = 0.0
        self._step: Step | None = None
        self._step_seconds = 0.0
        self._served: dict[str, Served] = {}
        self._outputs: dict[str, tuple[int, ...]] = {}
        self._scheduler = Scheduler(
            self.pool,
            max_num_seqs=machine.max_num_seqs,
            max_batch_tokens=machine.max_batch_tokens,
            prefill_chunk=machine.prefill_chunk,
            max_model_len=machine.max_model_len,
            ageing_seconds=machine.ageing_seconds,
            prefill_budget=PrefillBudget(machine.target_itl_ms / 1000),
            clock=lambda: self._now,
        )

    @property
    def is_idle(self) -> bool:
        """Whether no step is being computed."""
        return self._step is None

    def add(self, id: str, served: Served, now: float) -> None:
        """Queue a request. Raises RequestTooLarge."""
        arrival = served.arrival
        params = SamplingParams(max_tokens=arrival.output.tokens, temperature=0.0)
        self._scheduler.add(Request(id=id, prompt=arrival.prompt_ids(), params=params, arrival=now))
        self._served[id] = served
        self._outputs[id] = arrival.output.ids()

    def begin(self, now: float) -> float | None:
        """Begin a step. Returns the time when it ends, or None if there is no work."""
        self._now = now
        step = self._scheduler.schedule()
        if not step.chunks:
            return None
        self._step, self._step_seconds = step, self._seconds.of(Work.of(step))
        return now + self._step_seconds

    def end(self, now: float) -> list[Served]:
        """End the step. Returns the requests that are done."""
        step, self._step = self._step, None
        assert step is not None
        self._now = now
        self.busy_seconds += self._step_seconds
        self.computed_tokens += step.num_tokens
        done = []
        for output in self._scheduler.commit(step, [self._output(chunk) for chunk in step.chunks]):
            served = self._served[output.request_id]
            if not served.tokens:
                served.cached = output.num_cached
            served.take(now)
            if output.finish is not None:
                del self._served[output.request_id], self._outputs[output.request_id]
                done.append(served)
        self._scheduler.record_step_time(step, self._step_seconds)
        return done

    def _output(self, chunk: Chunk) -> ChunkOutput:
        sequence = chunk.sequence
        return ChunkOutput(token=self._outputs[sequence.id][sequence.num_generated] if chunk.samples else None)
