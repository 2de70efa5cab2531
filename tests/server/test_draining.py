"""Draining, with the real process: open requests continue, and new ones are refused with a time to retry."""

import json
import signal
from pathlib import Path

import httpx
import psutil
import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server

ENDLESS = {"prompt": "a", "max_tokens": 40_000, "ignore_eos": True}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny"
    served_model(path, max_position_embeddings=50_000)
    return path


def wait_until_stopping(server: Server) -> httpx.Response:
    """Ask for readiness until the service says that it is stopping, which is a moment after the signal."""
    while (answer := server.http.get("/health/ready")).status_code == httpx.codes.OK:
        pass
    return answer


def test_open_requests_continue_until_the_timeout_and_new_ones_are_refused(model: Path) -> None:
    flags = ("--threads", "1", "--shutdown-timeout", "2", "--log-json")
    with running_server(model, *flags) as server, connection(server.address) as streaming:
        streaming.sendall(post_bytes("/v1/generate", json.dumps(ENDLESS | {"stream": True}).encode()))
        read_until(streaming, b"data: ")
        with connection(server.address) as waiting:
            waiting.sendall(post_bytes("/v1/generate", json.dumps(ENDLESS).encode()))
            while server.metric("trivium_sequences_running") < 2:
                pass
            server.process.send_signal(signal.SIGTERM)
            unready = wait_until_stopping(server)
            assert (unready.status_code, unready.json()["status"]) == (503, "stopping")
            assert int(unready.headers["retry-after"]) > 0
            for path in ("/v1/generate", "/v1/completions"):
                refused = server.http.post(path, json={"prompt": "x"})  # on a connection that was open already
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
                assert int(refused.headers["retry-after"]) > 0
                assert refused.headers["connection"] == "close"
            assert httpx.get(f"{server.url}/health/live").status_code == 200  # on a new connection
            ended = read_until(streaming, b"data: [DONE]\n\n")
            assert b'"code":"draining"' in ended
            assert ended.count(b"data: ") > 2  # the stream continued after the signal
            assert read_until(waiting, b'"code":"draining"').startswith(b"HTTP/1.1 503 ")
        assert server.process.wait(20) == 0
        lines = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    ends = {
        (line["status"], line["outcome"], line.get("finish")) for line in lines if "generate" in line.get("route", "")
    }
    assert ends == {(200, "draining", "drain"), (503, "draining", "drain"), (503, "draining", None)}


def test_the_service_listens_for_the_delay_or_until_a_second_signal(model: Path) -> None:
    with running_server(model, "--threads", "1", "--shutdown-delay", "600") as server:
        server.process.send_signal(signal.SIGTERM)
        wait_until_stopping(server)
        assert httpx.post(f"{server.url}/v1/generate", json={"prompt": "x"}).status_code == 503
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0


@pytest.mark.slow
def test_a_closed_terminal_lets_open_requests_finish(model: Path) -> None:
    """A terminal and its shell send SIGHUP to every process of the service, each once."""
    body = ENDLESS | {"max_tokens": 1_000, "stream": True}
    flags = ("--threads", "1", "--shutdown-timeout", "240")
    with running_server(model, *flags) as server, connection(server.address) as streaming:
        streaming.sendall(post_bytes("/v1/generate", json.dumps(body).encode()))
        read_until(streaming, b"data: ")
        service = psutil.Process(server.process.pid)
        for process in (service, *service.children(recursive=True)) * 2:
            process.send_signal(signal.SIGHUP)
        assert wait_until_stopping(server).json()["status"] == "stopping"
        refused = server.http.post("/v1/generate", json={"prompt": "x"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
        ended = read_until(streaming, b"data: [DONE]\n\n")
        assert b'"finish_reason":"length"' in ended
        assert server.process.wait(60) == 0
