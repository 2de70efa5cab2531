"""``trivium serve`` as a process, with a real engine and a tiny model."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from benchmarks.processes.metric_samples import metric_samples
from service.settings.documents import toml_example
from tests.engine.tiny_models import served_model

ROOT = Path(__file__).parents[2]
MARK = "xylophone"  # the text of a client, which no log may contain


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny"
    served_model(path)
    return path


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Service:
    """A running ``trivium serve``. Its log is its standard error."""

    def __init__(self, model: Path, *arguments: str, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log: list[str] = []
        env = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")}
        command = [
            sys.executable,
            "-m",
            "service",
            "serve",
            str(model),
            "--port",
            str(port),
            "--threads",
            "1",
            *arguments,
        ]
        self.process = subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True)
        self._lines: Iterator[str] = iter(self.process.stderr or ())

    def wait_for(self, text: str) -> None:
        """Read the log until a line holds ``text``."""
        for line in self._lines:
            self.log.append(line)
            if text in line:
                return
        pytest.fail(f"the service ended without logging {text!r}: {''.join(self.log)}")

    def end(self) -> int:
        """Read the log until the process ends. Returns the exit code."""
        self.log += self._lines
        return self.process.wait(timeout=30)


@contextmanager
def running(model: Path, *arguments: str, port: int | None = None) -> Iterator[Service]:
    service = Service(model, *arguments, port=port or free_port())
    try:
        yield service
    finally:
        service.process.kill()
        service.process.communicate()


def test_the_service_reports_readiness_finishes_open_requests_and_ends_cleanly(model: Path, tmp_path: Path) -> None:
    """It is configured by the example file with one change."""
    path = tmp_path / "trivium.toml"
    path.write_text(toml_example().replace('# served_model_name = ""', 'served_model_name = "renamed"'))
    with running(model, "--config", str(path)) as service:
        service.wait_for("Trivium is ready")
        family = psutil.Process(service.process.pid).children(recursive=True)
        assert httpx.get(f"{service.url}/health/ready").status_code == 200
        assert metric_samples(httpx.get(f"{service.url}/metrics").text)["trivium_engine_up"] == 1
        assert httpx.get(f"{service.url}/v1/models").json()["data"][0]["id"] == "renamed"
        body = {"prompt": "a", "max_tokens": 100, "ignore_eos": True, "stream": True}
        with httpx.stream("POST", f"{service.url}/v1/generate", json=body, timeout=30) as response:
            lines = response.iter_lines()
            next(lines)
            service.process.send_signal(signal.SIGTERM)
            assert "data: [DONE]" in list(lines)
        assert service.end() == 0
        log = "".join(service.log)
        assert all(word in log for word in ("renamed (LlamaForCausalLM", "cpu, float32", "128 tokens", "full length"))
        assert "Traceback" not in log
        assert family
        assert not [process for process in family if process.is_running()]


def test_a_signal_during_loading_ends_the_service_cleanly(model: Path) -> None:
    with running(model) as service:
        service.wait_for("Uvicorn running")
        service.process.send_signal(signal.SIGTERM)
        assert service.end() == 0


def test_two_signals_during_loading_end_the_service_too(model: Path) -> None:
    with running(model) as service:
        service.wait_for("Uvicorn running")
        family = psutil.Process(service.process.pid).children(recursive=True)
        for _ in range(2):
            service.process.send_signal(signal.SIGINT)
        service.end()
        assert family
        assert not [process for process in family if process.is_running()]


def test_an_engine_that_cannot_start_ends_the_service_with_the_reason(model: Path) -> None:
    with running(model, "--device", "cuda:99") as service:
        assert service.end() == 1
        assert service.log[-1].startswith("trivium: the model tiny cannot be loaded: ")


def test_a_port_in_use_ends_the_service(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, running(model, port=listener.getsockname()[1]) as service:
        assert service.end() == 1
        assert "Address already in use" in "".join(service.log)


def test_json_logs_are_json_and_contain_no_text_of_a_client(model: Path) -> None:
    with running(model, "--log-json", "--log-level", "debug") as service:
        service.wait_for('"ready"')
        for body in ({"prompt": MARK, "max_tokens": 3}, {"prompt": MARK, "max_tokens": MARK}, {"messages": MARK}):
            httpx.post(f"{service.url}/v1/generate", json=body, timeout=30)
        with socket.create_connection(("127.0.0.1", int(service.url.rsplit(":", 1)[1])), timeout=30) as client:
            client.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 100_000)
            assert client.recv(100).startswith(b"HTTP/1.1 400 ")  # an endless head does not stay in memory
        service.process.send_signal(signal.SIGINT)
        assert service.end() == 0
        lines = [json.loads(line) for line in service.log]
        assert {"time", "level", "logger", "message"} <= set(lines[0])
        assert MARK not in "".join(service.log)
