"""One soak: the service, its crowd, and the verdict."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.servers import free_port
from benchmarks.soak.clients import Crowd, Tally
from benchmarks.soak.log import unexplained
from benchmarks.soak.mix import calls, load
from benchmarks.soak.vitals import Growth, Sample, Vitals, growth

_LEVELS = [2, 8, 16, 4, 1, 24, 12, 2]  # clients at once, in turn
_SLEEP = 3.0  # seconds that those stay who read nothing; the service gives them up before
_FLAGS = ["--log-json", "--send-timeout", "2", "--shutdown-timeout", "10", "--max-queued-tokens", "16000"]
_READY, _SETTLED = 300.0, 30.0  # seconds that it has for these
_POOL = min(32, (os.cpu_count() or 1) + 4)  # threads that asyncio starts when it first needs them, and keeps
_GAUGES = ("trivium_sequences_running", "trivium_sequences_waiting", "trivium_kv_cache_usage_ratio")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a soak found."""

    seconds: float
    tally: Tally
    api: Growth
    engine: Growth
    files: tuple[int, int]  # open descriptors of the API process at the start and at the end
    threads: tuple[int, int]
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


async def soak(model: str, mix: Path | None, seconds: float, *, seed: int, flags: list[str]) -> Outcome:
    """Serve ``model`` for so long. Raises RuntimeError if it is never ready."""
    generator = random.Random(seed)
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with _served(model, log, flags) as (process, url):
            async with httpx.AsyncClient(base_url=url, timeout=60) as http:
                await _until_ready(http, process)
            crowd = Crowd(url, calls(load(mix), generator, bad=0.05), generator, sleep=_SLEEP)
            await crowd.run(min(5.0, seconds / 4), [4])  # what is made once is made now
            vitals = Vitals(process.pid)
            start = await _settled(vitals)
            async with _beside(vitals.watch()):
                await crowd.run(seconds, _LEVELS * max(1, round(seconds / 240)))
            end = await _settled(vitals, files=start.files)
            held = await _held(url)
            process.terminate()
            code = await asyncio.to_thread(process.wait, 60)
        return Outcome(
            seconds=seconds,
            tally=crowd.tally,
            api=growth(vitals.api),
            engine=growth(vitals.engine),
            files=(start.files, end.files),
            threads=(start.threads, end.threads),
            held=held,
            exit_code=code,
            unexplained=unexplained(log),
        )


@contextlib.contextmanager
def _served(model: str, log: Path, flags: list[str]) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    port = free_port()
    command = [sys.executable, "-m", "service", "serve", *([model] if model else []), "--port", str(port)]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *_FLAGS, *flags], stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process, f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


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


async def _until_ready(http: httpx.AsyncClient, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _READY
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/health/ready")).is_success:
                return
        await asyncio.sleep(0.1)
    raise RuntimeError("the service is not ready")


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


async def _held(url: str) -> dict[str, float]:
    """What is at work after one last request, whose last step tells the truth."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        (await http.post("/v1/completions", json={"prompt": "a", "max_tokens": 2})).raise_for_status()
        samples = dict(line.rsplit(" ", 1) for line in (await http.get("/metrics")).text.splitlines() if line[0] != "#")
    return {name: float(samples[name]) for name in _GAUGES}
