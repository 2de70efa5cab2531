"""``GET /v1/statistics`` of real services: what a viewer sees of others' requests, and what not."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server
from tests.serving.many_models import load_as_at_the_start
from tests.serving.tiny_service import change, workers

SECRET = "xylophone"
ENDLESS = {"model": "chat", "prompt": SECRET, "max_tokens": 1500, "ignore_eos": True, "user": SECRET}


@pytest.fixture(scope="module")
def server(many_models: Server) -> Server:
    load_as_at_the_start(many_models, ["chat"])
    return many_models


@contextmanager
def watching(server: Server, **query: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The frames that a viewer gets."""
    with httpx.Client(base_url=server.url, timeout=60) as http, http.stream("GET", "/v1/statistics", params=query) as r:
        assert (r.status_code, r.headers["content-type"].split(";")[0]) == (200, "text/event-stream")
        yield (json.loads(line[6:]) for line in r.iter_lines() if line.startswith("data: {"))


def test_a_viewer_sees_a_sequence_its_blocks_and_its_steps_and_no_text(server: Server) -> None:
    with watching(server) as frames:
        idle = next(frames)
        assert (idle["model"], idle["status"], idle["sequences"], idle["exits"]) == ("chat", "ready", [], 0)
        assert idle["blocks"]["total"] > 0
        with connection(server.address) as stream:
            body = json.dumps(ENDLESS | {"stream": True}).encode()
            stream.sendall(post_bytes("/v1/generate", body, f"X-Request-Id: {SECRET}"))
            read_until(stream, b"data: ")
            seen = []
            for frame in frames:
                seen.append(frame)
                if frame["sequences"] and frame["steps"]:
                    break
        (sequence,) = frame["sequences"]
        assert (sequence["status"], sequence["most_generated"], frame["running"]) == ("running", 1500, 1)
        assert sequence["generated"] > 0
        assert sum(held for _, held, _ in frame["blocks"]["cells"]) == sequence["blocks"]
        assert all(step["seconds"] > 0 for step in frame["steps"])
        while (frame := next(frames))["sequences"]:  # the client has gone
            seen.append(frame)
        assert sum(held for _, held, _ in frame["blocks"]["cells"]) == 0
        assert SECRET not in json.dumps(seen)


def test_a_model_on_demand_is_watched_before_it_is_loaded_and_when_its_engine_dies(server: Server) -> None:
    with watching(server, model="later") as frames:
        frame = next(frames)
        assert (frame["status"], frame["blocks"], frame["engine"]) == ("unloaded", None, None)
        before = set(workers(server)["engine"])
        change(server, "later", "load").raise_for_status()
        while (frame := next(frames))["blocks"] is None:
            pass
        assert frame["engine"]["max_length"] == 2048
        (engine,) = set(workers(server)["engine"]) - before
        assert isinstance(engine, psutil.Process)
        engine.send_signal(signal.SIGKILL)
        while (frame := next(frames))["exits"] == 0 or frame["blocks"] is None:
            pass
        assert frame["status"] == "ready"
        change(server, "later", "unload").raise_for_status()
        while (frame := next(frames))["status"] != "unloaded":
            pass


@pytest.mark.parametrize(
    ("model", "status", "code"), [("embedder", 400, "incapable_model"), ("nonsense", 404, "model_not_found")]
)
def test_only_engines_can_be_watched(server: Server, model: str, status: int, code: str) -> None:
    refused = server.http.get("/v1/statistics", params={"model": model})
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)


def test_a_viewer_does_not_delay_the_end_of_the_service(tmp_path: Path) -> None:
    with running_server(served_model(tmp_path / "tiny"), "--threads", "1", "--shutdown-timeout", "600") as server:
        with watching(server) as frames:
            next(frames)
            server.process.send_signal(signal.SIGTERM)
            assert "error" in list(frames)[-1]
        assert server.process.wait(60) == 0
