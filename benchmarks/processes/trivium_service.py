"""``trivium serve`` as a process: the command, its metrics, and its engine process, which can be killed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
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
    """A running ``trivium serve`` with its log. ``models`` are the names of its models if there are several."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path
    models: Sequence[str] = ()

    async def wait_until_ready(self) -> None:
        """Raises RuntimeError if the service ends, or not all of its models are ready in time."""
        await self._wait_until(ready=True)

    async def kill_engine(self) -> float:
        """Kill the engine process that has run longest; return the seconds until all models are ready again."""
        engine = min(self.engines(), key=psutil.Process.create_time)
        start = time.monotonic()
        os.kill(engine.pid, signal.SIGKILL)
        await self._wait_until(ready=False)
        await self.wait_until_ready()
        return time.monotonic() - start

    def engines(self) -> list[psutil.Process]:
        """The engine processes that run: one for each language model, or less while one restarts."""
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

    async def _wait_until(self, *, ready: bool) -> None:
        """Wait until all models are ready, or one is not. Raises RuntimeError if that never happens."""
        deadline = time.monotonic() + _READY_SECONDS
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as http:
            while time.monotonic() < deadline and self.process.poll() is None:
                with contextlib.suppress(httpx.TransportError):
                    if await self._is_ready(http) == ready:
                        return
                await asyncio.sleep(_POLL_SECONDS)
        end = self.log.read_text(encoding="utf-8", errors="replace")[-600:]
        raise RuntimeError(f"the service has ended, or its health did not change in time: {end}")

    async def _is_ready(self, http: httpx.AsyncClient) -> bool:
        questions = [{"model": model} for model in self.models] or [{}]
        return all([(await http.get(READY_PATH, params=question)).is_success for question in questions])


@contextlib.contextmanager
def trivium_service(
    model: str, log: Path, arguments: list[str], *, models: Sequence[str] = ()
) -> Iterator[TriviumService]:
    """Serve until the block ends, and write the log to ``log``. The service need not be ready when it is yielded.

    ``models`` are the names that ``arguments`` give to several models.
    """
    with (
        log.open("wb") as output,
        server_process(lambda port: serve_command(model, port, arguments), output) as (process, url),
    ):
        yield TriviumService(process, url, log, models)
