"""The service that the frameworks use: a process of the service's own environment, on a small real model."""

import os
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator

import pytest

MODEL = os.environ.get("COMPAT_MODEL", "smollm2-135m-instruct")
PYTHON = os.environ.get("SERVICE_PYTHON", "")
_READY_SECONDS = 300


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    """The address of a running service."""
    if not PYTHON:
        pytest.skip("make compat starts these tests with the service's Python in SERVICE_PYTHON")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([PYTHON, "-m", "service", "serve", MODEL, "--port", str(port), "--log-level", "warning"])
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def _wait(health: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _READY_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, "the service ended"
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except OSError:
            time.sleep(0.5)
    raise TimeoutError("the service did not become ready")
