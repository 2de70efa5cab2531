"""Health checks, and the answers to clients while the engine is not ready."""

from typing import Any

import httpx

from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/completions": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/translate": {"text": "x", "target_lang": "French", "source_lang": "English"},
    "/v1/answer": {"question": "x?", "context": "y", "mode": "generative"},
}
READINESS = ("/health", "/health/ready", "/ping", "/")  # one question under the names that probes use


def test_the_socket_answers_while_the_engine_loads() -> None:
    engine = ScriptedEngine(loads_at_once=False)
    with scripted_service(engine) as running, httpx.Client(base_url=running.url) as http:
        assert http.get("/health/live").status_code == 200
        for path in READINESS:
            unready = http.get(path)
            assert (unready.status_code, unready.json()["status"]) == (503, "loading")
            assert http.head(path).status_code == 503
        assert http.post("/ping").status_code == 503
        for path, body in (("/v1/generate", {"prompt": "x"}), ("/tokenize", {"prompt": "x"})):
            early = http.post(path, json=body)
            assert (early.status_code, early.json()["error"]["code"]) == (503, "loading")
            assert early.json()["error"]["type"] == "server_error"
            assert int(early.headers["retry-after"]) > 0
        assert http.get("/v1/models").json()["data"][0]["max_model_len"] is None
        assert running.metric("trivium_engine_up") == 0
        engine.may_load.set()
        assert engine.loaded.wait(20)
        for path in READINESS:
            assert http.get(path).json() == {"status": "ok", "reason": ""}
        assert http.post("/ping").status_code == 200
        assert running.metric("trivium_engine_up") == 1
        assert http.post("/v1/generate", json={"prompt": "x"}).status_code == 200


def test_new_requests_are_refused_with_retry_after_while_the_engine_restarts() -> None:
    with scripted_service() as running:
        running.engine.status, running.engine.reason = "restarting", "the engine process was killed by signal 9"
        assert running.http.get("/health/live").status_code == 200
        for stream in (False, True):
            for path, body in ONE_OF_EACH.items():
                refused = running.http.post(path, json=body | {"stream": stream})
                assert (refused.status_code, refused.json()["error"]["code"]) == (503, "restarting"), path
                assert int(refused.headers["retry-after"]) > 0
        health = running.http.get("/health/ready")
        assert (health.status_code, health.json()["status"]) == (503, "restarting")
        assert int(health.headers["retry-after"]) > 0
        assert not running.engine.requests


def test_the_reason_of_a_dead_engine_is_reported() -> None:
    with scripted_service() as running:
        running.engine.status, running.engine.reason = "dead", "out of memory"
        response = running.http.get("/health/ready")
        assert (response.status_code, response.json()) == (503, {"status": "dead", "reason": "out of memory"})
        assert running.http.post("/v1/generate", json={"prompt": "x"}).json()["error"]["code"] == "dead"
        assert running.metric("trivium_engine_up") == 0


def test_head_is_get_without_its_body() -> None:
    with scripted_service() as running:
        for path in (
            *READINESS,
            "/health/live",
            "/v1/models",
            "/v1/models/org/tiny",
            "/languages",
            "/version",
            "/docs",
        ):
            whole, head = running.http.get(path), running.http.head(path)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(whole.content))
            assert head.headers["content-type"] == whole.headers["content-type"]
        assert running.http.head("/v1/generate").status_code == 405
        assert running.http.head("/never/heard/of").status_code == 404
        assert running.metric('trivium_http_requests_total{method="HEAD",route="/health",status="200"}') == 1
