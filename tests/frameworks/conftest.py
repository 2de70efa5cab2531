"""The service that the frameworks use: a process of the service's own environment, on a small real model."""

import contextlib
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
    with service() as address:
        yield address


@contextlib.contextmanager
def service(*flags: str) -> Iterator[str]:
    """Serve the model until the block ends; yields the address. ``flags`` are flags of ``trivium serve``."""
    if not PYTHON:
        pytest.skip("make compat starts these tests with the service's Python in SERVICE_PYTHON")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [PYTHON, "-m", "service", "serve", MODEL, "--port", str(port), "--log-level", "warning", *flags]
    process = subprocess.Popen(command)
    try:
        _wait(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(60)


def model_directory() -> str:
    """The directory of the model, which the service's own Python knows. The service must have fetched it."""
    code = "import sys; from model_store.store import Store; print(Store().ensure(sys.argv[1]).path)"
    return subprocess.run([PYTHON, "-c", code, MODEL], check=True, capture_output=True, text=True).stdout.strip()


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
