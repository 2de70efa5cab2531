"""How the processes of the service are while it works: memory, descriptors, threads."""

import asyncio
import statistics
import time
from dataclasses import dataclass

import psutil

_EVERY = 1.0  # seconds
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Sample:
    """``memory`` is in bytes that no other process shares; ``at`` in monotonic seconds."""

    pid: int
    at: float
    memory: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Of one process: MiB after warm-up and at the end, and the line through what is between."""

    warm: float
    end: float
    per_hour: float

    def is_flat(self, tolerance: float) -> bool:
        """Whether it grew by less than ``tolerance`` MiB and a twentieth."""
        return self.end - self.warm < max(tolerance, self.warm / 20)


class Vitals:
    """Samples of the API process and of its largest child, the engine."""

    def __init__(self, pid: int) -> None:
        self._api = psutil.Process(pid)
        self.api: list[Sample] = []
        self.engine: list[Sample] = []

    def engine_process(self) -> psutil.Process | None:
        """The engine, if there is one."""
        found = [(_memory(child), child) for child in self._api.children(recursive=True)]
        return max(found, key=lambda each: each[0])[1] if found else None

    @property
    def last_engine(self) -> list[Sample]:
        """Those of the engine that was there last."""
        return [sample for sample in self.engine if sample.pid == self.engine[-1].pid]

    def take(self) -> None:
        """One sample of each that is there."""
        self.api.append(_sample(self._api))
        engine = self.engine_process()
        if engine is not None and engine.is_running():
            try:
                self.engine.append(_sample(engine))
            except psutil.Error:  # it has ended meanwhile
                return

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.to_thread(self.take)
            await asyncio.sleep(_EVERY)


def growth(samples: list[Sample]) -> Growth:
    """After the first third of the time."""
    warm = samples[len(samples) // 3 :]
    edge = max(1, len(warm) // 5)
    first, last = ([sample.memory / _MIB for sample in part] for part in (warm[:edge], warm[-edge:]))
    times, held = [sample.at / 3600 for sample in warm], [sample.memory / _MIB for sample in warm]
    slope = statistics.linear_regression(times, held).slope if len(set(times)) > 1 else 0.0
    return Growth(statistics.median(first), statistics.median(last), slope)


def _sample(process: psutil.Process) -> Sample:
    with process.oneshot():
        return Sample(process.pid, time.monotonic(), _memory(process), process.num_fds(), process.num_threads())


def _memory(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0
