"""A late request is aborted: with 504 before the first byte, with an error event and the end mark after it."""

import json
from typing import Any

import pytest

from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine

BODIES: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}], "n": 2},
    "/v1/completions": {"prompt": ["x", "y"]},
    "/v1/translate": {"text": "Good day. Go far.", "target_lang": "de"},
    "/v1/answer": {"question": "Who?"},
}
BEFORE_THE_FIRST_TOKEN, DECODING = 0, 2


@pytest.mark.parametrize("path", BODIES)
@pytest.mark.parametrize("stream", [False, True])
def test_a_late_first_token_ends_the_request(path: str, stream: bool) -> None:
    engine = ScriptedEngine(holds_at=BEFORE_THE_FIRST_TOKEN)
    with scripted_service(engine, queue_timeout=0.05) as service:
        response = service.http.post(path, json=BODIES[path] | {"stream": stream})
        if stream:
            assert response.status_code == 200
            error = events(response)[-1]["error"]
        else:
            assert response.status_code == 504
            assert int(response.headers["retry-after"]) > 0
            error = response.json()["error"]
        assert (error["code"], error["type"]) == ("queue_timeout", "timeout_error")
        assert engine.idle.wait(20)


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_has_begun_has_only_the_total_deadline(stream: bool) -> None:
    engine = ScriptedEngine(holds_at=DECODING)
    with scripted_service(engine, queue_timeout=0.02, request_timeout=0.2) as service:
        response = service.http.post("/v1/generate", json={"prompt": "x", "stream": stream})
        error = events(response)[-1]["error"] if stream else response.json()["error"]
        assert error["code"] == "request_timeout"
        assert response.status_code == (200 if stream else 504)
        if not stream:
            assert response.headers["x-should-retry"] == "false"
        assert engine.idle.wait(20)


def test_a_client_can_shorten_the_deadline() -> None:
    engine = ScriptedEngine(holds_at=DECODING)
    with scripted_service(engine) as service:
        late = service.http.post("/v1/generate", json={"prompt": "x"}, headers={"x-request-timeout": "0.05"})
        assert (late.status_code, late.json()["error"]["code"]) == (504, "request_timeout")
        assert "0.05 seconds" in late.json()["error"]["message"]
        assert engine.idle.wait(20)


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/translate"])
@pytest.mark.parametrize("given", ["0", "-1", "nan", "inf", "3601", "soon", "", "1e999", "१x"])
def test_an_invalid_timeout_is_refused_before_anything_is_submitted(hello: Scripted, path: str, given: str) -> None:
    headers = [(b"x-request-timeout", given.encode())]
    before = len(hello.engine.requests)
    refused = hello.http.post(path, json=BODIES[path], headers=headers)
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "x-request-timeout"
    assert "3600" in refused.json()["error"]["message"]
    assert len(hello.engine.requests) == before


def test_other_apis_get_the_error_in_their_format() -> None:
    engine = ScriptedEngine(holds_at=BEFORE_THE_FIRST_TOKEN)
    with scripted_service(engine, queue_timeout=0.05) as service:
        late = service.http.post("/translate", json={"q": "Good day.", "source": "en", "target": "de"})
        assert (late.status_code, type(late.json()["error"])) == (504, str)
        late = service.http.post("/v2/translate", json={"text": ["Good day."], "target_lang": "DE"})
        assert (late.status_code, type(late.json()["message"])) == (504, str)
        assert engine.idle.wait(20)


def test_the_openapi_document_describes_the_timeout(hello: Scripted) -> None:
    document = hello.http.get("/openapi.json").json()
    assert "504" in document["paths"]["/v1/generate"]["post"]["responses"]
    assert "x-request-timeout" in json.dumps(document)
