"""The whole service under streaming clients, with a model that computes nothing: what the host can carry.

The service, its engine process and the clients are three processes. All clients stream one long completion; a window of
some seconds in the middle counts. Tokens are those that reached the text side, by the service's own metrics.
"""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import httpx
import psutil
import uvloop

from benchmarks.frontend.null_runner import VOCAB_SIZE

_TOKENS = "trivium_generated_tokens_total"
_STEPS = "trivium_step_duration_seconds_count"
_BUSY = "trivium_step_duration_seconds_sum"
_READY_SECONDS = 60.0
_PATIENCE = 15.0  # seconds for everybody's first token; an overloaded service leaves some without one


@dataclass(slots=True, frozen=True)
class Window:
    """What happened in the window that counts."""

    seconds: float
    silent: int  # clients that had nothing when it began
    tokens: float
    events: int  # as the clients saw them; one may bring several tokens
    steps: float
    step_seconds: float  # that the engine spent in its steps
    service_cpu: float  # seconds
    engine_cpu: float


def measure(model: str, *, streams: int, seconds: float) -> Window:
    """Let so many clients stream for so long."""
    with _service(model, streams) as (service, port):
        return uvloop.run(_window(service, port, streams, seconds))


@contextmanager
def _service(model: str, sequences: int) -> Iterator[tuple[psutil.Process, int]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.frontend.null_service", model, str(port), str(sequences)]
    with subprocess.Popen(command) as process:
        try:
            _wait_until_ready(process, port)
            yield psutil.Process(process.pid), port
        finally:
            process.terminate()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/health/ready").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the service does not start")


async def _window(service: psutil.Process, port: int, streams: int, seconds: float) -> Window:
    loop = asyncio.get_running_loop()
    clients = [(await loop.create_connection(lambda: _Client(port), "127.0.0.1", port))[1] for _ in range(streams)]
    with suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await asyncio.gather(*(client.begun.wait() for client in clients))
    await asyncio.sleep(1)
    silent = sum(not client.begun.is_set() for client in clients)
    (engine,) = service.children()
    before, events, cpu = await _metrics(port), sum(client.events for client in clients), _cpu(service, engine)
    begin = time.perf_counter()
    await asyncio.sleep(seconds)
    after, more, spent = await _metrics(port), sum(client.events for client in clients), _cpu(service, engine)
    elapsed = time.perf_counter() - begin
    for client in clients:
        client.transport.abort()
    return Window(
        seconds=elapsed,
        silent=silent,
        tokens=after[_TOKENS] - before[_TOKENS],
        events=more - events,
        steps=after[_STEPS] - before[_STEPS],
        step_seconds=after[_BUSY] - before[_BUSY],
        service_cpu=spent[0] - cpu[0],
        engine_cpu=spent[1] - cpu[1],
    )


def _cpu(*processes: psutil.Process) -> list[float]:
    return [times.user + times.system for times in (process.cpu_times() for process in processes)]


async def _metrics(port: int) -> dict[str, float]:
    async with httpx.AsyncClient(timeout=_READY_SECONDS) as http:
        lines = (await http.get(f"http://127.0.0.1:{port}/metrics")).text.splitlines()
    samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
    return {name: float(value) for name, _, value in samples}


class _Client(asyncio.Protocol):
    """Asks once, and counts the events that come. It reads no more than it must: clients share the machine."""

    transport: asyncio.Transport
    events = 0

    def __init__(self, port: int) -> None:
        self.begun = asyncio.Event()
        body = {
            "prompt": [*range(VOCAB_SIZE // 2, VOCAB_SIZE // 2 + 128)],
            "max_tokens": 30_000,
            "temperature": 0,
            "ignore_eos": True,
            "stream": True,
        }
        data = json.dumps(body).encode()
        head = f"POST /v1/completions HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\ncontent-type: application/json\r\n"
        self._request = f"{head}content-length: {len(data)}\r\n\r\n".encode() + data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/") and not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(data.decode(errors="replace"))
        self.events += data.count(b"data: {")
        if self.events:
            self.begun.set()
