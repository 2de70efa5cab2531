"""``trivium serve`` as a process: the command, its metrics, and its engine process, which can be killed."""

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

from benchmarks.processes.metric_samples import metric_samples
from benchmarks.processes.servers import server_process
from service.engine import ENGINE_WORKER

READY_PATH = "/health/ready"
_READY_SECONDS = 300.0
_POLL_SECONDS = 0.02
_GAUGES = ("trivium_sequences_running", "trivium_sequences_waiting", "trivium_kv_cache_usage_ratio")


def serve_command(model: str, port: int, arguments: list[str]) -> list[str]:
    """The command that serves ``model``, or the default model if it is empty. ``arguments`` are passed on."""
    return [sys.executable, "-m", "service", "serve", *([model] if model else []), "--port", str(port), *arguments]


async def fetch_metrics(url: str) -> dict[str, float]:
    """The value of each sample of /metrics, by its name with its labels.

    The label ``model`` is left out: the values of several models are added up.
    """
    async with httpx.AsyncClient(timeout=60) as http:
        text = (await http.get(f"{url}/metrics")).raise_for_status().text
    return metric_samples(text)


@dataclass(frozen=True, slots=True)
class TriviumService:
    """A running ``trivium serve`` with its log."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    async def wait_until_ready(self) -> None:
        """Raises RuntimeError if the service ends, or is not ready in time."""
        await self._wait_for(lambda health: health.is_success)

    async def kill_engine(self) -> float:
        """Kill the engine process; return the seconds until the service is ready again."""
        (engine,) = self.engines()
        start = time.monotonic()
        os.kill(engine.pid, signal.SIGKILL)
        await self._wait_for(lambda health: not health.is_success)
        await self.wait_until_ready()
        return time.monotonic() - start

    def engines(self) -> list[psutil.Process]:
        """The engine processes that run: one, or none while the engine restarts."""
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if ENGINE_WORKER in child.cmdline():
                    found.append(child)
        return found

    async def held(self) -> dict[str, float]:
        """The sequences and cache blocks that the engine still holds, as metrics. All are 0 if it holds nothing.

        The engine reports them with each step, so one last request is sent first.
        """
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            (await http.post("/v1/completions", json={"prompt": "a", "max_tokens": 2})).raise_for_status()
        samples = await fetch_metrics(self.url)
        return {name: samples[name] for name in _GAUGES}

    async def _wait_for(self, condition: Callable[[httpx.Response], bool]) -> None:
        """Poll /health/ready until the condition holds. Raises RuntimeError if it never does."""
        deadline = time.monotonic() + _READY_SECONDS
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            while time.monotonic() < deadline and self.process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if condition(await http.get(READY_PATH)):
                        return
                await asyncio.sleep(_POLL_SECONDS)
        end = self.log.read_text(encoding="utf-8", errors="replace")[-600:]
        raise RuntimeError(f"the service has ended, or its health did not change in time: {end}")


@contextlib.contextmanager
def trivium_service(model: str, log: Path, arguments: list[str]) -> Iterator[TriviumService]:
    """Serve until the block ends, and write the log to ``log``. The service need not be ready when it is yielded."""
    with (
        log.open("wb") as output,
        server_process(lambda port: serve_command(model, port, arguments), output) as (process, url),
    ):
        yield TriviumService(process, url, log)
