"""Servers as processes of their own: started on a free port, waited for, measured, stopped."""

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import psutil


class ServerFailed(Exception):
    """A server could not be started; the message ends with what it logged last."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    url: str
    pid: int
    start_seconds: float | None  # from the start of the process until it was ready; None: it was there before us

    def memory(self) -> int | None:
        """Bytes that its processes hold: PSS, which counts a shared page once; RSS where the system has no PSS.

        None if it has ended.
        """
        try:
            root = psutil.Process(self.pid)
            processes = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return None
        total = 0
        for process in processes:
            with suppress(psutil.Error):
                held = process.memory_full_info()
                total += getattr(held, "pss", held.rss)
        return total or None


def listening(url: str) -> Server | None:
    """The server behind a URL of this machine, if the system tells whose it is."""
    address = httpx.URL(url)
    if address.host not in ("localhost", "127.0.0.1", "::1"):
        return None
    with suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            if connection.status == psutil.CONN_LISTEN and connection.laddr.port == address.port and connection.pid:
                return Server(url, connection.pid, start_seconds=None)
    return None


@contextmanager
def started(
    command: Callable[[int], list[str]], *, health: str, environment: dict[str, str] | None = None, seconds: float = 300
) -> Iterator[Server]:
    """``command`` is given the port. The server and all that it started end with the block."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryFile() as log:
        begin = time.perf_counter()
        process = subprocess.Popen(
            command(port),
            env=os.environ | (environment or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            with httpx.Client(timeout=5) as client:  # a client for each question would cost the server's start time
                while not _is_ready(client, url + health):
                    ended, late = process.poll(), time.perf_counter() - begin > seconds
                    if ended is not None or late:
                        log.seek(0)
                        said = log.read().decode(errors="replace").strip()[-600:] or "it said nothing"
                        raise ServerFailed(f"not ready after {seconds:.0f} s: {said}" if ended is None else said)
                    time.sleep(0.05)
            yield Server(url, process.pid, time.perf_counter() - begin)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(url).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
