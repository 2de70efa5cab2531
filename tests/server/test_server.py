"""``trivium serve`` as a process, with a real engine and a tiny model."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
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

    directory = ""  # of its temporary files, if it has one of its own

    def __init__(self, model: Path, *arguments: str, port: int, launcher: Sequence[str] = (), **variables: str) -> None:
        """``launcher`` is a program that starts the service, with its arguments; ``variables`` are for both."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.log: list[str] = []
        env = {name: value for name, value in os.environ.items() if not name.startswith("TRIVIUM_")} | variables
        command = [
            *launcher,
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

    def family(self) -> list[psutil.Process]:
        """The processes of the service, its own first."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def wait_for(self, text: str) -> None:
        """Read the log until a line holds ``text``."""
        for line in self._lines:
            self.log.append(line)
            if text in line:
                return
        pytest.fail(f"the service ended without logging {text!r}: {''.join(self.log)}")

    def end_of_start(self) -> bool:
        """Read the log until the service is ready, or has ended. Returns whether it is ready."""
        for line in self._lines:
            self.log.append(line)
            if "Trivium is ready" in line:
                return True
        self.process.wait(timeout=30)
        return False

    def end(self) -> int:
        """Read the log until the process ends. Returns the exit code."""
        self.log += self._lines
        return self.process.wait(timeout=30)


@contextmanager
def running(
    model: Path, *arguments: str, port: int | None = None, launcher: Sequence[str] = (), **variables: str
) -> Iterator[Service]:
    service = Service(model, *arguments, port=port or free_port(), launcher=launcher, **variables)
    try:
        yield service
    finally:
        service.process.kill()
        service.process.communicate()


def limited(soft: int, hard: int) -> list[str]:
    """A launcher that sets the limits on open files of the program that it becomes."""
    code = f"import os, resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))"
    return [sys.executable, "-c", f"{code}; os.execv(sys.argv[1], sys.argv[1:])"]


def test_the_service_reports_readiness_finishes_open_requests_and_ends_cleanly(model: Path, tmp_path: Path) -> None:
    """It is configured by the example file with one change."""
    path = tmp_path / "trivium.toml"
    path.write_text(toml_example().replace('# served_model_name = ""', 'served_model_name = "renamed"'))
    with running(model, "--config", str(path)) as service:
        service.wait_for("Trivium is ready")
        family = service.family()
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
        assert len(family) > 1
        assert not [process for process in family if process.is_running()]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_imports_ends_the_service_cleanly(model: Path, number: signal.Signals) -> None:
    with running(model) as service:
        while not psutil.Process(service.process.pid).children():  # the first engine imports beside the API process
            assert service.process.poll() is None
        service.process.send_signal(number)
        assert service.end() == 0


def test_a_signal_during_loading_ends_the_service_cleanly(model: Path) -> None:
    with running(model) as service:
        service.wait_for("listening on http://127.0.0.1:")
        service.process.send_signal(signal.SIGTERM)
        assert service.end() == 0


def test_two_signals_during_loading_end_the_service_too(model: Path) -> None:
    with running(model) as service:
        service.wait_for("listening on http://127.0.0.1:")
        family = service.family()
        for _ in range(2):
            service.process.send_signal(signal.SIGINT)
        service.end()
        assert len(family) > 1
        assert not [process for process in family if process.is_running()]


def test_an_engine_that_cannot_start_ends_the_service_with_the_reason(model: Path) -> None:
    with running(model, "--device", "cuda:99") as service:
        assert service.end() == 1
        assert service.log[-1].startswith("trivium: the model tiny cannot be loaded: ")


def test_a_port_in_use_ends_the_service_before_anything_is_loaded(tmp_path: Path) -> None:
    """The model does not exist, which would be told later."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with running(tmp_path / "missing", port=port) as service:
            assert service.end() == 1
    assert service.log == [
        f"trivium: cannot listen on 127.0.0.1:{port}: another process uses the port; "
        "stop that process, or choose another port with --port\n"
    ]


def test_two_services_that_start_together_do_not_share_a_port(model: Path) -> None:
    """Both can bind a port while neither listens."""
    with running(model) as first, running(model, port=int(first.url.rsplit(":", 1)[1])) as second:
        assert sorted([first.end_of_start(), second.end_of_start()]) == [False, True]
        loser = first if first.process.poll() is not None else second
        assert loser.process.returncode == 1
        assert "another process uses the port" in loser.log[-1]
        assert "Traceback" not in "".join(loser.log)


def test_more_connections_than_open_files_are_refused_in_words_and_told_in_the_log(model: Path) -> None:
    with running(model, "--header-timeout", "200", launcher=limited(64, 128)) as service:
        service.wait_for("Trivium is ready")
        address = ("127.0.0.1", int(service.url.rsplit(":", 1)[1]))
        assert httpx.get(f"{service.url}/health/ready").status_code == 200
        with ExitStack() as idle:
            for _ in range(112 - psutil.Process(service.process.pid).num_fds() + 4):
                idle.enter_context(socket.create_connection(address, timeout=30))
            for _ in range(3):
                refused = httpx.post(f"{service.url}/v1/generate", json={"prompt": MARK}, timeout=30)
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "too_many_connections")
                assert int(refused.headers["retry-after"]) > 0
                assert refused.headers["connection"] == "close"
        while (answer := httpx.get(f"{service.url}/health/ready", timeout=30)).status_code != 200:
            assert answer.status_code == 503  # the service has not seen yet that connections are closed
        service.process.send_signal(signal.SIGTERM)
        assert service.end() == 0
        told = [line for line in service.log if "of 128 file descriptors are in use" in line]
        assert ["soon" in line for line in told] == [True, False]
        assert "new connections are refused" in told[1]


# The following tests share a service that does not disturb them.


@pytest.fixture(scope="module")
def shared(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service behind nohup, with a low limit on open files, another address, and JSON in its log."""
    config = tmp_path_factory.mktemp("shared") / "trivium.toml"
    config.write_text('host = "127.0.0.2"', encoding="utf-8")
    flags = ("--config", str(config), "--log-json", "--log-level", "debug")
    with (
        tempfile.TemporaryDirectory() as directory,  # a short path, because the paths of sockets are
        running(model, *flags, launcher=["nohup", *limited(64, 1_000)], TMPDIR=directory) as service,
    ):
        service.url = f"http://127.0.0.2:{service.port}"
        service.directory = directory
        service.wait_for('"ready"')
        yield service


def test_nohup_keeps_the_service_from_hearing_of_a_closed_terminal(shared: Service) -> None:
    for process in shared.family():
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
        ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
        assert ignored & (1 << (signal.SIGHUP - 1))
        process.send_signal(signal.SIGHUP)
    body = {"prompt": "a", "max_tokens": 3}
    assert httpx.post(f"{shared.url}/v1/generate", json=body, timeout=30).status_code == 200


def test_the_limit_of_open_files_is_raised_for_every_process(shared: Service) -> None:
    family = shared.family()
    assert len(family) > 1
    assert {each.rlimit(psutil.RLIMIT_NOFILE) for each in family} == {(1_000, 1_000)}


def test_json_logs_are_json_and_contain_no_text_of_a_client(shared: Service) -> None:
    for body in ({"prompt": MARK, "max_tokens": 3}, {"prompt": MARK, "max_tokens": MARK}, {"messages": MARK}):
        answer = httpx.post(f"{shared.url}/v1/generate", json=body, timeout=30)
    with socket.create_connection(("127.0.0.2", shared.port), timeout=30) as client:
        client.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx: " + b"a" * 100_000)
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")  # an endless head does not stay in memory
    shared.wait_for(answer.headers["x-request-id"])
    lines = [json.loads(line) for line in shared.log if not line.startswith("nohup: ")]
    assert {"time", "level", "logger", "message"} <= set(lines[0])
    assert MARK not in "".join(shared.log)


def test_the_health_check_asks_the_address_that_the_service_was_started_with(shared: Service, tmp_path: Path) -> None:
    """The last test of the shared service, which it kills."""

    def health(directory: str) -> int:
        command = [sys.executable, "-m", "service.cli.healthcheck"]
        return subprocess.run(command, cwd=ROOT, env={"TMPDIR": directory}, timeout=60, check=False).returncode

    assert health(str(tmp_path)) == 1
    assert health(shared.directory) == 0
    shared.process.kill()
    shared.process.wait()
    assert health(shared.directory) == 1
