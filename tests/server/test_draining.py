"""From SIGTERM to the end, with the real process: who is in goes on, who comes is told to go elsewhere."""

import json
import signal
from pathlib import Path

import httpx
import pytest

from tests.api.wire import connection, post_bytes, read_until
from tests.engine.tiny_models import tiny_model
from tests.running_server import Server, running_server

ENDLESS = {"prompt": "a", "max_tokens": 40_000, "ignore_eos": True}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny"
    tiny_model("llama", path, max_position_embeddings=50_000)
    return path


def wait_until_closed(server: Server) -> httpx.Response:
    """Ask until it says that it is stopping; it does so a moment after the signal."""
    while (answer := server.http.get("/health/ready")).status_code == httpx.codes.OK:
        pass
    return answer


def test_who_is_in_goes_on_as_long_as_there_is_time_and_who_comes_is_refused(model: Path) -> None:
    flags = ("--threads", "1", "--shutdown-timeout", "2")
    with running_server(model, *flags) as server, connection(server.address) as streaming:
        streaming.sendall(post_bytes("/v1/generate", json.dumps(ENDLESS | {"stream": True}).encode()))
        read_until(streaming, b"data: ")
        with connection(server.address) as waiting:
            waiting.sendall(post_bytes("/v1/generate", json.dumps(ENDLESS).encode()))
            while server.metric("trivium_sequences_running") < 2:
                pass
            server.process.send_signal(signal.SIGTERM)
            unready = wait_until_closed(server)
            assert (unready.status_code, unready.json()["status"]) == (503, "stopping")
            assert int(unready.headers["retry-after"]) > 0
            for path in ("/v1/generate", "/v1/completions"):
                refused = server.http.post(path, json={"prompt": "x"})  # on a connection that was kept alive
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
                assert int(refused.headers["retry-after"]) > 0
                assert refused.headers["connection"] == "close"
            assert httpx.get(f"{server.url}/health/live").status_code == 200  # on a new one
            ended = read_until(streaming, b"data: [DONE]\n\n")
            assert b'"code":"draining"' in ended
            assert ended.count(b"data: ") > 2  # it went on meanwhile
            assert read_until(waiting, b'"code":"draining"').startswith(b"HTTP/1.1 503 ")
        assert server.process.wait(20) == 0


def test_it_goes_on_listening_for_those_who_have_not_heard_until_a_second_signal(model: Path) -> None:
    with running_server(model, "--threads", "1", "--shutdown-delay", "600") as server:
        server.process.send_signal(signal.SIGTERM)
        wait_until_closed(server)
        assert httpx.post(f"{server.url}/v1/generate", json={"prompt": "x"}).status_code == 503
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
