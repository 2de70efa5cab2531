"""The application on a cluster of this machine: equal texts, a kill under load, a drain, more replicas and fewer.

``make ray-check`` runs it with the Python that has Ray. It prints figures, and exits with 1 if something is wrong.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
URL = "http://127.0.0.1:8000"
STREAMS, TOKENS = 16, 150
REPLICA = "ServeReplica:default:engines"
ENVIRONMENT = os.environ | {
    "PYTHONPATH": f"{ROOT}:{HERE}",
    "RAY_USAGE_STATS_ENABLED": "0",
    "TRIVIUM_KV_CACHE_MEMORY": "256MiB",
}


def command(name: str, *arguments: str) -> None:
    """Run a program that Ray installs beside this Python. Raises SystemExit with its output if it fails."""
    program = str(Path(sys.executable).parent / name)
    with tempfile.TemporaryFile("w+") as output:  # no pipe: processes of the cluster keep it open
        done = subprocess.run([program, *arguments], env=ENVIRONMENT, check=False, stdout=output, stderr=output)
        if done.returncode:
            output.seek(0)
            raise SystemExit(output.read())


def deploy(model: str, **arguments: object) -> None:
    """Deploy the application, and return when it is ready."""
    given = [f"{name}={value}" for name, value in arguments.items()]
    where = ["--non-blocking", "--address", "auto", "--app-dir", str(HERE)]
    command("serve", "run", *where, "trivium_ray.application:build", f"model={model}", *given)


@contextmanager
def cluster() -> Iterator[None]:
    """A cluster of one node with two cores."""
    command(
        "ray", "start", "--head", "--num-cpus", "2", "--object-store-memory", "200000000", "--include-dashboard=false"
    )
    try:
        yield
    finally:
        command("ray", "stop", "--force")


def replicas() -> list[int]:
    """The processes of the replicas, the oldest first."""
    found = subprocess.run(["pgrep", "-f", f"^ray::{REPLICA}"], capture_output=True, text=True, check=False)
    return sorted(map(int, found.stdout.split()))


async def until(count: int, seconds: float) -> float:
    """Wait for this number of replicas. Returns the seconds. Raises TimeoutError."""
    start = time.monotonic()
    async with asyncio.timeout(seconds):
        while len(replicas()) != count:  # noqa: ASYNC110 - processes of others have no event
            await asyncio.sleep(0.5)
    return time.monotonic() - start


async def texts(http: httpx.AsyncClient, body: dict[str, Any]) -> AsyncIterator[str]:
    """The parts of one stream. Raises RuntimeError if it ends with an error."""
    async with http.stream("POST", f"{URL}/v1/generate", json=body | {"stream": True}) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                event = json.loads(line[6:])
                if "error" in event:
                    raise RuntimeError(event["error"]["message"])
                yield event.get("text", "")


async def run_streams(http: httpx.AsyncClient, meanwhile: Callable[[], None] | None = None) -> tuple[list[str], float]:
    """The texts of all streams, and the longest gap between two parts. ``meanwhile`` runs after the first parts."""
    begun, longest = asyncio.Semaphore(0), 0.0

    async def one(number: int) -> str:
        nonlocal longest
        body = {"prompt": f"Number {number}: the history of the city", "temperature": 0, "ignore_eos": True}
        text, last = "", None
        async for part in texts(http, body | {"max_tokens": TOKENS}):
            now = time.monotonic()
            if last is None:
                begun.release()
            else:
                longest = max(longest, now - last)
            text, last = text + part, now
        return text

    streams = [asyncio.create_task(one(number)) for number in range(STREAMS)]
    if meanwhile is not None:
        for _ in streams:
            await begun.acquire()
        await asyncio.to_thread(meanwhile)
    return list(await asyncio.gather(*streams)), longest


async def load(http: httpx.AsyncClient) -> None:
    """Requests with long prompts, more at once than one replica computes soon."""

    async def one(number: int) -> None:
        prompt = f"{number} " + "the history of the old city and its river " * 25
        answer = await http.post(f"{URL}/v1/generate", json={"prompt": prompt, "max_tokens": 40, "ignore_eos": True})
        answer.raise_for_status()

    await asyncio.gather(*map(one, range(48)))


def report(what: str, *, is_right: bool = True) -> None:
    """Print a line. Raises SystemExit if it is wrong."""
    print(f"{'ok' if is_right else 'WRONG'}: {what}", flush=True)
    if not is_right:
        raise SystemExit(1)


def equal(found: list[str], due: list[str]) -> str:
    """How many texts are as they are due."""
    return f"{sum(map(str.__eq__, found, due))} of {len(due)} texts equal"


async def check(model: str) -> None:
    """Run all checks on the cluster."""
    limits = httpx.Limits(max_connections=100)
    async with httpx.AsyncClient(timeout=300, limits=limits) as http:
        deploy(model, min_replicas=2, max_replicas=2)
        await until(2, 60)
        start = time.monotonic()
        due, gap = await run_streams(http)
        speed = STREAMS * TOKENS / (time.monotonic() - start)
        report(f"{STREAMS} streams over 2 replicas: {speed:.0f} tokens/s, longest gap {gap:.2f} s")

        found, gap = await run_streams(http, lambda: os.kill(replicas()[0], signal.SIGKILL))
        report(f"a replica is killed: {equal(found, due)}, longest gap {gap:.2f} s", is_right=found == due)

        found, gap = await run_streams(http, lambda: deploy(model, min_replicas=1, max_replicas=1))
        report(f"a replica is drained: {equal(found, due)}, longest gap {gap:.2f} s", is_right=found == due)

        deploy(model, min_replicas=1, max_replicas=2, queued_tokens=2000, downscale_seconds=10)
        await until(1, 60)
        requests = asyncio.create_task(load(http))
        report(f"under load a second replica starts after {await until(2, 120):.0f} s")
        await requests
        report(f"and ends {await until(1, 120):.0f} s after the load")


if __name__ == "__main__":
    with cluster():
        asyncio.run(check(sys.argv[1] if len(sys.argv) > 1 else "smollm2-135m-instruct"))
