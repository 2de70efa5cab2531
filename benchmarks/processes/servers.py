"""Servers as processes of their own: start one on a free port, wait until it is ready, stop it."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO

import httpx
import psutil

_STOP_SECONDS = 30.0  # between SIGTERM and SIGKILL
_POLL_SECONDS = 0.05


class ServerFailed(Exception):
    """A server did not start, or does not answer. The message ends with the end of the server's output."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int
    start_seconds: float | None  # from the start of the process until it was ready; None if it ran before

    def memory(self) -> int | None:
        """Bytes that the server's processes hold, or None if the server has ended.

        PSS, which counts a shared page once; RSS on systems without PSS.
        """
        try:
            root = psutil.Process(self.pid)
            processes = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return None
        total = 0
        for process in processes:
            with suppress(psutil.Error):
                memory = process.memory_full_info()
                total += getattr(memory, "pss", memory.rss)
        return total or None


def find_server(url: str) -> Server | None:
    """The server that listens on a URL of this machine, or None if the system does not show its process."""
    address = httpx.URL(url)
    if address.host not in ("localhost", "127.0.0.1", "::1"):
        return None
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == address.port and connection.pid:
                return Server(url, connection.pid, start_seconds=None)
    return None


@contextmanager
def server_process(
    command: Callable[[int], list[str]], output: IO[bytes], environment: dict[str, str] | None = None
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a server on a free port; yield the process and its URL, at once. The server need not be ready.

    ``command`` makes the command from the port. ``output`` gets stdout and stderr. When the block ends, the server and
    all processes that it started are ended.
    """
    port = free_port()
    process = subprocess.Popen(
        command(port),
        env=os.environ | (environment or {}),
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@contextmanager
def running_server(
    command: Callable[[int], list[str]], *, health: str, environment: dict[str, str] | None = None, seconds: float = 300
) -> Iterator[Server]:
    """Start a server, and yield it as soon as GET ``health`` succeeds. The server ends with the block.

    Raises ServerFailed if the server ends before, or is not ready after ``seconds``.
    """
    with tempfile.TemporaryFile() as log:
        start = time.perf_counter()
        with server_process(command, log, environment) as (process, url):
            with httpx.Client(timeout=5) as client:  # one client: a new one for each poll costs start time
                while not _is_ready(client, url + health):
                    ended, late = process.poll() is not None, time.perf_counter() - start > seconds
                    if ended or late:
                        log.seek(0)
                        end = log.read().decode(errors="replace").strip()[-600:] or "no output"
                        raise ServerFailed(end if ended else f"not ready after {seconds:.0f} s: {end}")
                    time.sleep(_POLL_SECONDS)
            yield Server(url, process.pid, time.perf_counter() - start)


def free_port() -> int:
    """A port on which no process listens now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False
