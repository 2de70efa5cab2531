"""The whole service under streaming HTTP clients, with the null model: the load that the host can carry.

The service, its engine process and the clients are three processes. Every client streams one long completion. The
figures are of a window of some seconds in the middle. Tokens are those that became text, by the service's own metrics.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import cast

import httpx
import psutil
import uvloop

from benchmarks.frontend.null_model import VOCAB_SIZE
from benchmarks.processes.servers import running_server
from benchmarks.processes.trivium_service import READY_PATH, fetch_metrics

_TOKENS = "trivium_generated_tokens_total"
_STEPS = "trivium_step_duration_seconds_count"
_STEP_SECONDS = "trivium_step_duration_seconds_sum"
_FIRST_TOKEN_SECONDS = 15.0  # for all clients; some clients of an overloaded service get no token in this time
_SETTLE_SECONDS = 1.0


@dataclass(slots=True, frozen=True)
class LoadWindow:
    """The figures of the window."""

    seconds: float
    silent: int  # clients without a token at the start of the window
    tokens: float
    events: int  # as the clients saw them; an event may have several tokens
    steps: float
    step_seconds: float  # that the engine spent in its steps
    service_cpu: float  # seconds of the API process
    engine_cpu: float  # seconds of the engine process


def measure_load(model: str, *, streams: int, seconds: float) -> LoadWindow:
    """Serve the null model in the directory ``model`` to ``streams`` clients, with a window of ``seconds``.

    Raises ServerFailed.
    """

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "benchmarks.frontend.null_service", model, str(port), str(streams)]

    with running_server(command, health=READY_PATH) as server:
        return uvloop.run(_measure_window(psutil.Process(server.pid), server.url, streams, seconds))


async def _measure_window(service: psutil.Process, url: str, streams: int, seconds: float) -> LoadWindow:
    loop = asyncio.get_running_loop()
    address = httpx.URL(url)
    assert address.port is not None
    clients = [
        (await loop.create_connection(lambda: StreamingClient(address), address.host, address.port))[1]
        for _ in range(streams)
    ]
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_TOKEN_SECONDS):
            await asyncio.gather(*(client.has_begun.wait() for client in clients))
    await asyncio.sleep(_SETTLE_SECONDS)
    silent = sum(not client.has_begun.is_set() for client in clients)
    (engine,) = service.children()
    metrics, events, cpu = await fetch_metrics(url), sum(client.events for client in clients), _cpu(service, engine)
    start = time.perf_counter()
    await asyncio.sleep(seconds)
    later, more, spent = await fetch_metrics(url), sum(client.events for client in clients), _cpu(service, engine)
    elapsed = time.perf_counter() - start
    for client in clients:
        client.transport.abort()
    return LoadWindow(
        seconds=elapsed,
        silent=silent,
        tokens=later[_TOKENS] - metrics[_TOKENS],
        events=more - events,
        steps=later[_STEPS] - metrics[_STEPS],
        step_seconds=later[_STEP_SECONDS] - metrics[_STEP_SECONDS],
        service_cpu=spent[0] - cpu[0],
        engine_cpu=spent[1] - cpu[1],
    )


def _cpu(*processes: psutil.Process) -> list[float]:
    """CPU seconds of each process since its start."""
    return [times.user + times.system for times in (process.cpu_times() for process in processes)]


class StreamingClient(asyncio.Protocol):
    """Sends one request and counts the events of its stream.

    It does not parse them: the clients share the machine with the service, so they must be cheap.
    """

    transport: asyncio.Transport
    events = 0

    def __init__(self, url: httpx.URL) -> None:
        self.has_begun = asyncio.Event()  # set by the first event
        body = {
            "prompt": [*range(VOCAB_SIZE // 2, VOCAB_SIZE // 2 + 128)],
            "max_tokens": 30_000,
            "temperature": 0,
            "ignore_eos": True,
            "stream": True,
        }
        data = json.dumps(body).encode()
        head = f"POST /v1/completions HTTP/1.1\r\nhost: {url.host}:{url.port}\r\ncontent-type: application/json\r\n"
        self._request = f"{head}content-length: {len(data)}\r\n\r\n".encode() + data

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports do not inherit from asyncio's
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Count events. Raises RuntimeError if the answer is an error."""
        if data.startswith(b"HTTP/") and not data.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(data.decode(errors="replace"))
        self.events += data.count(b"data: {")
        if self.events:
            self.has_begun.set()
