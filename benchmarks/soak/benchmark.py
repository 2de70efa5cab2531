"""One soak: the service, its clients, the kills of its engine, and the outcome."""

import asyncio
import contextlib
import random
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path
from typing import Any

from benchmarks.processes.trivium_service import TriviumService, trivium_service
from benchmarks.soak.clients import ClientPool
from benchmarks.soak.log import unexplained_lines
from benchmarks.soak.mix import generate_calls, load_rows
from benchmarks.soak.outcome import SoakOutcome
from benchmarks.soak.process_monitor import ProcessMonitor, ProcessSample, measure_growth

_LEVELS = [2, 8, 16, 4, 1, 24, 12, 2]  # clients at once, in turn
_LEVELS_SECONDS = 240  # of one pass through the levels
_WARM_UP_LEVELS = [4]
_INVALID_SHARE = 0.05
_UNREAD_SECONDS = 3.0  # of a client that reads nothing; longer than --send-timeout, so the service closes first
_ARGUMENTS = ["--log-json", "--send-timeout", "2", "--shutdown-timeout", "10", "--max-queued-tokens", "16000"]
_SETTLE_SECONDS = 30.0  # for the service to close what is open
_EXIT_SECONDS = 60


async def soak(
    model: str, mix: Path | None, seconds: float, *, kills: int, seed: int, arguments: list[str]
) -> SoakOutcome:
    """Serve ``model`` under load for some seconds, and kill its engine ``kills`` times in between.

    ``arguments`` are further ones of ``trivium serve``. Raises RuntimeError if the service does not become ready.
    """
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with trivium_service(model, log, [*_ARGUMENTS, *arguments]) as service:
            await service.wait_until_ready()
            calls = generate_calls(load_rows(mix), generator, invalid=_INVALID_SHARE)
            clients = ClientPool(service.url, calls, generator, unread_seconds=_UNREAD_SECONDS)
            await clients.run(min(5.0, seconds / 4), _WARM_UP_LEVELS)  # the service creates here what it keeps
            monitor = ProcessMonitor(service.process.pid)
            start = await _settled_sample(monitor)
            recoveries: list[float] = []
            killing = _kill_at_random_times(service, seconds, kills, generator, recoveries)
            load = clients.run(seconds, _LEVELS * max(1, round(seconds / _LEVELS_SECONDS)))
            async with _background(monitor.watch()):
                await asyncio.gather(load, killing)  # a slow machine may recover from the last kill after the load
            end = await _settled_sample(monitor, files=start.files)
            held = await service.held()
            service.process.terminate()
            exit_code = await asyncio.to_thread(service.process.wait, _EXIT_SECONDS)
        return SoakOutcome(
            seconds=seconds,
            tally=clients.tally,
            api=measure_growth(monitor.api),
            engine=measure_growth(monitor.last_engine),
            files=(start.files, end.files),
            threads=(start.threads, end.threads),
            recoveries=recoveries,
            held=held,
            exit_code=exit_code,
            unexplained=unexplained_lines(log, len(recoveries)),
        )


async def _kill_at_random_times(
    service: TriviumService, seconds: float, kills: int, generator: random.Random, recoveries: list[float]
) -> None:
    """Kill the engine in the first two thirds of the time. The last third shows whether the last engine grows."""
    start = time.monotonic()
    for moment in sorted(generator.uniform(0, seconds * 2 / 3) for _ in range(kills)):
        await asyncio.sleep(max(0.0, moment - (time.monotonic() - start)))
        recoveries.append(await service.kill_engine())


@contextlib.asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``work`` until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _settled_sample(monitor: ProcessMonitor, files: int | None = None) -> ProcessSample:
    """The first sample of the API process with at most ``files`` descriptors, or the last one before the deadline."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    await asyncio.sleep(1)  # closed connections end
    while True:
        monitor.add_samples()
        sample = monitor.api[-1]
        if files is None or sample.files <= files or time.monotonic() > deadline:
            return sample
        await asyncio.sleep(1)
