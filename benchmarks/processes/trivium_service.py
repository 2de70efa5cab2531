"""The service under test, as a process of its own whose log is kept."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.processes.servers import free_port
from service.engine import ENGINE_WORKER

_PATIENCE = 300.0  # seconds that it has until it is ready
_GAUGES = ("trivium_sequences_running", "trivium_sequences_waiting", "trivium_kv_cache_usage_ratio")


@dataclass(frozen=True, slots=True)
class Service:
    """A running ``trivium serve``."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    async def until_ready(self) -> None:
        """Raises RuntimeError if it ends, or takes too long."""
        await self._until(lambda health: health.is_success)

    async def kill_engine(self) -> float:
        """Seconds from the death of the engine process until the service is ready again."""
        (engine,) = self.engines()
        begin = time.monotonic()
        os.kill(engine.pid, signal.SIGKILL)
        await self._until(lambda health: not health.is_success)
        await self.until_ready()
        return time.monotonic() - begin

    def engines(self) -> list[psutil.Process]:
        """The engine processes that run: one, or none while it restarts."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if ENGINE_WORKER in child.cmdline():
                    found.append(child)
        return found

    async def held(self) -> dict[str, float]:
        """What is at work after one last request, whose last step tells the truth."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            (await http.post("/v1/completions", json={"prompt": "a", "max_tokens": 2})).raise_for_status()
        samples = await self.metrics()
        return {name: samples[name] for name in _GAUGES}

    async def metrics(self) -> dict[str, float]:
        """Every sample, by its name and labels."""
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            lines = (await http.get("/metrics")).text.splitlines()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    async def _until(self, condition: Callable[[httpx.Response], bool]) -> None:
        """Wait for what /health/ready says."""
        deadline = time.monotonic() + _PATIENCE
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            while time.monotonic() < deadline and self.process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if condition(await http.get("/health/ready")):
                        return
                await asyncio.sleep(0.02)
        said = self.log.read_text(encoding="utf-8", errors="replace")
        raise RuntimeError(f"the service has ended, or is not as it should be for too long: {said[-600:]}")


@contextlib.contextmanager
def served(model: str, log: Path, flags: list[str]) -> Iterator[Service]:
    """Serve until the block ends; ``flags`` are those of ``trivium serve``. It need not be ready yet."""
    port = free_port()
    command = [sys.executable, "-m", "service", "serve", *([model] if model else []), "--port", str(port), *flags]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield Service(process, f"http://127.0.0.1:{port}", log)
        finally:
            process.kill()
            process.wait()
