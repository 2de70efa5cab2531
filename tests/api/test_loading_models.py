"""Requests for a model that is not loaded: they wait for its load, and streams send heartbeats meanwhile."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine

BODY: dict[str, Any] = {"prompt": "x"}


@pytest.fixture
def service() -> Iterator[Scripted]:
    """A service whose model is loaded on demand, once the test sets ``may_load``."""
    with scripted_service(ScriptedEngine(loads_at_once=False), load="demand", heartbeat_seconds=0.05) as service:
        yield service


def post(path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> bytes:
    lines = [f"{name}: {value}" for name, value in (headers or {}).items()]
    return post_bytes(path, json.dumps(body).encode(), *lines)


def wait_for_load(service: Scripted) -> None:
    """Return when a load has begun."""
    while service.http.get("/v1/models/org/tiny").json()["state"] != "loading":
        pass


def test_a_service_without_loaded_models_is_ready(service: Scripted) -> None:
    assert service.http.get("/health/ready").status_code == 200
    described = service.http.get("/v1/models/org/tiny").json()
    assert (described["state"], described["max_model_len"]) == ("unloaded", None)


def test_a_request_waits_for_the_load(service: Scripted) -> None:
    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(service.http.post, "/v1/generate", json=BODY) for _ in range(4)]
        wait_for_load(service)
        service.engine.may_load.set()
        assert [answer.result().json()["text"] for answer in answers] == ["Hello"] * 4


def test_a_stream_sends_heartbeats_while_the_model_loads(service: Scripted) -> None:
    with connection(service.address) as sock:
        sock.sendall(post("/v1/generate", BODY | {"stream": True}))
        head = read_until(sock, b": ping")
        assert b"200 OK" in head
        assert b"data:" not in head
        service.engine.may_load.set()
        assert b'"finish_reason":"stop"' in read_until(sock, b"[DONE]")


def test_an_error_after_the_load_is_an_event(service: Scripted) -> None:
    with connection(service.address) as sock:
        sock.sendall(post("/v1/generate", BODY | {"stream": True, "min_tokens": 9, "max_tokens": 2}))
        read_until(sock, b": ping")
        service.engine.may_load.set()
        assert b'"code":"invalid_value"' in read_until(sock, b"[DONE]")


def test_the_deadline_holds_while_the_model_loads(service: Scripted) -> None:
    headers = {"x-request-timeout": "0.1"}
    answer = service.http.post("/v1/generate", json=BODY, headers=headers)
    assert answer.status_code == 504
    with connection(service.address) as sock:
        sock.sendall(post("/v1/generate", BODY | {"stream": True}, headers))
        assert b"timeout" in read_until(sock, b"[DONE]")


def test_a_client_that_leaves_does_not_end_the_load(service: Scripted) -> None:
    for body in (BODY, BODY | {"stream": True}):
        with connection(service.address) as sock:
            sock.sendall(post("/v1/generate", body))
            wait_for_load(service)
    service.engine.may_load.set()
    assert service.http.post("/v1/generate", json=BODY).json()["text"] == "Hello"
    assert service.engine.idle.wait(20)


def test_a_load_that_takes_too_long_is_503_with_a_time_to_retry() -> None:
    with scripted_service(ScriptedEngine(loads_at_once=False), load="demand", load_timeout=0.05) as service:
        answer = service.http.post("/v1/generate", json=BODY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "loading")
        assert int(answer.headers["retry-after"]) > 0


def test_an_operator_unloads_and_loads_while_requests_run() -> None:
    with scripted_service(ScriptedEngine(holds_at=2)) as service, ThreadPoolExecutor() as pool:
        running = pool.submit(service.http.post, "/v1/generate", json=BODY)
        assert service.engine.holding.wait(20)
        unload = pool.submit(httpx.post, f"{service.url}/v1/models/org/tiny/unload", timeout=20)
        while service.http.get("/v1/models/org/tiny").json()["state"] != "unloading":
            pass
        refused = service.http.post("/v1/generate", json=BODY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "unloading")
        assert not unload.done()
        service.engine.release()
        assert running.result().json()["text"] == "Hello"
        assert unload.result().json()["state"] == "unloaded"
        assert service.http.post("/v1/generate", json=BODY).json()["error"]["code"] == "unloaded"
        assert service.http.get("/health/ready").status_code == 503
        assert service.http.post("/v1/models/org/tiny/load").json()["state"] == "ready"
        assert service.http.post("/v1/generate", json=BODY).status_code == 200
