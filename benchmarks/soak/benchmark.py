"""One soak: the service, its crowd, and the verdict."""

import asyncio
import contextlib
import os
import random
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.processes.trivium_service import Service, served
from benchmarks.soak.clients import Crowd, Tally
from benchmarks.soak.log import unexplained
from benchmarks.soak.mix import calls, load
from benchmarks.soak.process_monitor import Growth, Sample, Vitals, growth

_LEVELS = [2, 8, 16, 4, 1, 24, 12, 2]  # clients at once, in turn
_SLEEP = 3.0  # seconds that those stay who read nothing; the service gives them up before
_FLAGS = ["--log-json", "--send-timeout", "2", "--shutdown-timeout", "10", "--max-queued-tokens", "16000"]
_SETTLED = 30.0  # seconds that it has to close what is open
_POOL = min(32, (os.cpu_count() or 1) + 4)  # threads that asyncio starts when it first needs them, and keeps


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak found."""

    seconds: float
    tally: Tally
    api: Growth
    engine: Growth
    files: tuple[int, int]  # open descriptors of the API process at the start and at the end
    threads: tuple[int, int]
    recoveries: list[float]  # seconds from each kill of the engine until the service was ready again
    held: dict[str, float]  # what the metrics say is still at work
    exit_code: int
    unexplained: list[str]

    def failures(self, tolerance: float) -> list[str]:
        """What must not be, in words."""
        found = {
            f"{len(self.tally.lost)} requests were lost": bool(self.tally.lost),
            "not every request is accounted for": self.tally.accounted + len(self.tally.lost) != self.tally.sent,
            "nothing was answered": not self.tally.answered,
            "the API process grew": not self.api.is_flat(tolerance),
            "the engine grew": not self.engine.is_flat(tolerance),
            "descriptors were left open": self.files[1] > self.files[0],
            "threads were left": self.threads[1] > self.threads[0] + _POOL,
            f"something is held: {self.held}": any(self.held.values()),
            f"it exited with {self.exit_code}": self.exit_code != 0,
            f"{len(self.unexplained)} lines of errors are unexplained": bool(self.unexplained),
        }
        return [words for words, failed in found.items() if failed]


async def soak(model: str, mix: Path | None, seconds: float, *, kills: int, seed: int, flags: list[str]) -> Outcome:
    """Serve ``model`` for so long, and kill its engine so often. Raises RuntimeError if it is never ready."""
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with served(model, log, [*_FLAGS, *flags]) as service:
            await service.until_ready()
            crowd = Crowd(service.url, calls(load(mix), generator, bad=0.05), generator, sleep=_SLEEP)
            await crowd.run(min(5.0, seconds / 4), [4])  # what is made once is made now
            vitals = Vitals(service.process.pid)
            start = await _settled(vitals)
            recoveries: list[float] = []
            async with _beside(vitals.watch()), _beside(_kill(service, seconds, kills, generator, recoveries)):
                await crowd.run(seconds, _LEVELS * max(1, round(seconds / 240)))
            end = await _settled(vitals, files=start.files)
            held = await service.held()
            service.process.terminate()
            code = await asyncio.to_thread(service.process.wait, 60)
        return Outcome(
            seconds=seconds,
            tally=crowd.tally,
            api=growth(vitals.api),
            engine=growth(vitals.last_engine),
            files=(start.files, end.files),
            threads=(start.threads, end.threads),
            recoveries=recoveries,
            held=held,
            exit_code=code,
            unexplained=unexplained(log, len(recoveries)),
        )


async def _kill(
    service: Service, seconds: float, times: int, generator: random.Random, recoveries: list[float]
) -> None:
    """At random moments of the first two thirds: what comes after tells whether the last engine grows."""
    begin = time.monotonic()
    for moment in sorted(generator.uniform(0, seconds * 2 / 3) for _ in range(times)):
        await asyncio.sleep(max(0.0, moment - (time.monotonic() - begin)))
        recoveries.append(await service.kill_engine())


@contextlib.asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run it beside the block, no longer than that."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _settled(vitals: Vitals, files: int | None = None) -> Sample:
    """The first sample that has no more descriptors than ``files``, or the last one in the time there is."""
    deadline = time.monotonic() + _SETTLED
    await asyncio.sleep(1)  # connections that were closed end
    while True:
        vitals.take()
        sample = vitals.api[-1]
        if files is None or sample.files <= files or time.monotonic() > deadline:
            return sample
        await asyncio.sleep(1)
