"""The real service as its users run it: a process that the command line starts, on a free port."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from benchmarks.processes.metric_samples import metric_samples

ROOT = Path(__file__).parents[1]
READY_SECONDS = 280.0  # that a slow machine may take to start a service with several models


@dataclass(frozen=True)
class Server:
    """A running service, and a client of it."""

    url: str
    address: tuple[str, int]
    http: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def model(self) -> str:
        """The name of the served model."""
        return str(self.http.get("/v1/models").json()["data"][0]["id"])

    def metric(self, sample: str) -> float:
        """The value of one sample of /metrics, over all models. Its name includes its other labels. Raises KeyError."""
        return metric_samples(self.http.get("/metrics").text)[sample]


@contextmanager
def running_server(
    model: str | Path,
    *flags: str,
    ready_seconds: float = READY_SECONDS,
    module: str = "service",
    exit_code: int = 0,
    cwd: Path = ROOT,
) -> Iterator[Server]:
    """Serve a model (a name or a directory) until the block ends. ``flags`` are flags of ``trivium serve``.

    The block starts when the service is ready. At its end the service is asked to stop, and must exit with this code.
    ``module`` is the Python module that is run as the command, in the directory ``cwd``.
    """
    port = _free_port()
    command = [sys.executable, "-m", module, "serve", str(model), "--port", str(port), *flags]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")}
    with tempfile.TemporaryDirectory() as directory:
        log = Path(directory) / "log"
        with log.open("wb") as output, _process(command, environment, output, cwd) as process:
            url = f"http://127.0.0.1:{port}"
            with httpx.Client(base_url=url, timeout=60, verify=False) as http:  # certificates take 20 ms to read
                server = Server(str(http.base_url), ("127.0.0.1", port), http, process, log)
                _wait_until_ready(server, ready_seconds)
                yield server
            process.terminate()
            code = process.wait(60)
        assert code == exit_code, f"the service exited with {code}:\n{log.read_text(errors='replace')}"


@contextmanager
def _process(
    command: list[str], environment: dict[str, str], output: IO[bytes], cwd: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that ends with the block at the latest."""
    process = subprocess.Popen(command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_ready(server: Server, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            health = server.http.get("/health/ready")
        except httpx.TransportError:
            pass
        else:
            if health.status_code == httpx.codes.OK:
                return
            if health.json()["status"] == "dead":
                break
        time.sleep(0.05)
    raise AssertionError(f"the service is not ready:\n{server.log.read_text(errors='replace')}")
