"""Samples of the service's processes while they run: memory, descriptors and threads."""

import asyncio
import statistics
import time
from dataclasses import dataclass

import psutil

_SAMPLE_SECONDS = 1.0
_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class ProcessSample:
    """``memory`` is in bytes that no other process shares; ``at`` is in seconds of the monotonic clock."""

    pid: int
    at: float
    memory: int
    files: int
    threads: int


@dataclass(frozen=True, slots=True)
class MemoryGrowth:
    """A process's memory in MiB after warm-up and at the end, and the slope of a line through the samples between."""

    warm: float
    end: float
    per_hour: float

    def is_flat(self, tolerance: float) -> bool:
        """True if the memory grew by less than ``tolerance`` MiB, or by less than a twentieth."""
        return self.end - self.warm < max(tolerance, self.warm / 20)


class ProcessMonitor:
    """Samples of the API process and of its largest child, the engine."""

    def __init__(self, pid: int) -> None:
        """``pid``: of the API process."""
        self._api_process = psutil.Process(pid)
        self.api: list[ProcessSample] = []
        self.engine: list[ProcessSample] = []

    @property
    def last_engine(self) -> list[ProcessSample]:
        """The samples of the engine process that started last."""
        return [sample for sample in self.engine if sample.pid == self.engine[-1].pid]

    def add_samples(self) -> None:
        """Add a sample of each process that runs."""
        self.api.append(_sample(self._api_process))
        engine = self._engine_process()
        if engine is not None and engine.is_running():
            try:
                self.engine.append(_sample(engine))
            except psutil.Error:  # the engine has just ended
                return

    async def watch(self) -> None:
        """Add samples every second until cancelled."""
        while True:
            await asyncio.to_thread(self.add_samples)
            await asyncio.sleep(_SAMPLE_SECONDS)

    def _engine_process(self) -> psutil.Process | None:
        children = [(_memory(child), child) for child in self._api_process.children(recursive=True)]
        return max(children, key=lambda each: each[0])[1] if children else None


def measure_growth(samples: list[ProcessSample]) -> MemoryGrowth:
    """The growth after the first third of the samples, which is the warm-up."""
    warm = samples[len(samples) // 3 :]
    edge = max(1, len(warm) // 5)
    first, last = ([sample.memory / _MIB for sample in part] for part in (warm[:edge], warm[-edge:]))
    hours, memory = [sample.at / 3600 for sample in warm], [sample.memory / _MIB for sample in warm]
    slope = statistics.linear_regression(hours, memory).slope if len(set(hours)) > 1 else 0.0
    return MemoryGrowth(statistics.median(first), statistics.median(last), slope)


def _sample(process: psutil.Process) -> ProcessSample:
    with process.oneshot():
        return ProcessSample(process.pid, time.monotonic(), _memory(process), process.num_fds(), process.num_threads())


def _memory(process: psutil.Process) -> int:
    """Bytes that only this process holds; 0 if it has ended."""
    try:
        return int(process.memory_full_info().uss)
    except psutil.Error:
        return 0
