"""Any input of a client is answered with OpenAI's error object and a status below 500, and the service continues."""

import json
from collections.abc import Iterable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.api.native.answer.request import AnswerRequest
from service.api.native.generate.request import GenerateRequest
from service.api.native.tokens.request import TokenizeRequest
from service.api.native.translate.request import TranslateRequest
from service.api.openai.chat.request import ChatCompletionRequest
from service.api.openai.completions.request import CompletionRequest
from service.engine.protocol.request import Request
from tests.api.raw_http import connection, post_bytes, read_until
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine, ScriptedStream

CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": "x"}]}
VALID: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/translate": {"text": "x", "target_lang": "en"},
    "/v1/answer": {"question": "x"},
    "/v1/chat/completions": CHAT,
    "/v1/completions": {"prompt": "x"},
    "/tokenize": {"prompt": "x"},
    "/detokenize": {"tokens": [1]},
}
POST_ROUTES = list(VALID)
JSON = {"content-type": "application/json"}


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error object, which must have all its fields."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["message"]
    error: dict[str, Any] = body["error"]
    return error


@pytest.mark.parametrize("path", POST_ROUTES)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe\xfd",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"prompt": ' + b"9" * 10_000 + b"}",
        b'{"temperature": NaN}',
        b'{"temperature": 1e999}',
        b'{"stream": "yes"}',
        b'{"model": 5}',
        b"\x00",
        b'{"\\ud800": 1, "prompt": "\\udfff", "text": "\\ud800", "question": "\\ud800", "tokens": ["\\ud800"]}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_malformed_bodies(hello: Scripted, path: str, body: bytes) -> None:
    response = hello.http.post(path, content=body, headers=JSON)
    assert response.status_code == 400
    assert error_of(response)["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", POST_ROUTES)
def test_a_body_with_another_content_type_is_refused(hello: Scripted, path: str) -> None:
    for headers in ({}, {"content-type": "text/plain"}, {"content-type": "application/x-www-form-urlencoded"}):
        response = hello.http.post(path, content=b'{"prompt": "x"}', headers=headers)
        assert response.status_code == 415
        assert "application/json" in error_of(response)["message"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", -0.1),
        ("temperature", 2.1),
        ("temperature", "1"),
        ("temperature", float("nan")),
        ("temperature", float("inf")),
        ("top_p", float("nan")),
        ("logit_bias", {"65": float("nan")}),
        ("temperature", True),
        ("top_p", 0),
        ("top_p", 1.1),
        ("top_k", -2),
        ("top_k", 1.5),
        ("top_k", 10**30),
        ("min_p", 2),
        ("repetition_penalty", 0),
        ("presence_penalty", -2.1),
        ("frequency_penalty", 3),
        ("seed", 2**63),
        ("seed", -(2**63) - 1),
        ("n", 0),
        ("n", 17),
        ("max_tokens", 0),
        ("max_completion_tokens", -1),
        ("min_tokens", -1),
        ("stop", ""),
        ("stop", [5]),
        ("stop", ["x"] * 17),
        ("stop", "x" * 257),
        ("stop", ["\ud800"]),
        ("stop_token_ids", [-1]),
        ("stop_token_ids", [300]),
        ("logit_bias", {"65": 101}),
        ("logit_bias", {"a": 1}),
        ("logit_bias", {"-1": 1}),
        ("logit_bias", {"300": 1}),
        ("logit_bias", {"٣": 1}),
        ("logit_bias", [1]),
        ("top_logprobs", 2),
        ("stream_options", {"include_usage": True}),
        ("priority", 10**9),
        ("cache_salt", "x" * 257),
        ("cache_salt", "\ud800"),
        ("messages", []),
        ("messages", "x"),
        ("model", "x" * 600),
        ("add_special_tokens", True),
    ],
)
def test_a_wrong_value_is_refused_by_name(hello: Scripted, field: str, value: Any) -> None:
    response = hello.http.post("/v1/chat/completions", content=json.dumps(CHAT | {field: value}).encode(), headers=JSON)
    assert response.status_code == 400
    assert error_of(response)["param"].split(".")[0] == field


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({}, "messages.1.role"),
        ({"role": "alien", "content": "x"}, "messages.1.role"),
        ({"role": "tool", "content": "x"}, "messages.1.tool_call_id"),
        ({"role": "user"}, "messages.1.content"),
        ({"role": "user", "content": None}, "messages.1.content"),
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, "messages.1.content"),
        ({"role": "user", "content": [{"type": "text"}]}, "messages.1.content"),
        ({"role": "user", "content": ["x"]}, "messages.1.content"),
        ({"role": "user", "content": "\ud800"}, "messages.1.content"),
        ({"role": "user", "content": [{"type": "text", "text": "\ud800"}]}, "messages.1.content"),
        ({"role": "user", "content": "x", "name": "\ud800"}, "messages.1.name"),
        ({"role": "assistant", "content": "x", "tool_calls": [{"id": "1"}]}, "messages.1.tool_calls.0.function"),
    ],
)
def test_a_wrong_message_is_refused_by_its_path(hello: Scripted, message: dict[str, Any], param: str) -> None:
    body = {"messages": [*CHAT["messages"], message]}
    response = hello.http.post("/v1/chat/completions", content=json.dumps(body).encode(), headers=JSON)
    assert (response.status_code, error_of(response)["param"]) == (400, param)


def test_a_refusal_names_the_limit(hello: Scripted) -> None:
    response = hello.http.post("/v1/chat/completions", json=CHAT | {"n": 17})
    assert "16" in error_of(response)["message"]
    response = hello.http.post("/v1/chat/completions", json=CHAT | {"max_tokens": 20_000})
    assert "10000" in error_of(response)["message"]


def test_unknown_routes_and_methods(hello: Scripted) -> None:
    missing = hello.http.get("/v9/nothing")
    assert (missing.status_code, error_of(missing)["type"]) == (404, "not_found_error")
    method = hello.http.get("/v1/completions")
    assert (method.status_code, method.headers["allow"]) == (405, "POST")
    assert error_of(method)["code"] == "method_not_allowed"


def test_a_body_over_the_limit_is_refused() -> None:
    with scripted_service(max_body_bytes=2000) as service:
        declared = service.http.post("/v1/generate", json={"prompt": "x" * 2000})
        assert (declared.status_code, error_of(declared)["type"]) == (413, "invalid_request_error")
        assert "2000" in error_of(declared)["message"]
        chunked = service.http.post("/v1/generate", content=(b"x" * 500 for _ in range(10)), headers=JSON)
        assert chunked.status_code == 413
        assert service.http.post("/v1/generate", json={"prompt": "x" * 900}).status_code == 200


def test_a_declared_length_over_the_limit_is_refused_at_once() -> None:
    with scripted_service(max_body_bytes=2000) as service, connection(service.address) as sock:
        sock.sendall(b"POST /v1/generate HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
        sock.sendall(b"content-length: 99999999999\r\n\r\n")
        assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 413")


def test_too_many_sequences() -> None:
    engine = ScriptedEngine(holds_at=1)
    with scripted_service(engine, max_requests=3) as service, connection(service.address) as first:
        never = service.http.post("/v1/completions", json={"prompt": ["a", "b"], "n": 2})
        assert never.status_code == 400
        first.sendall(post_bytes("/v1/completions", b'{"prompt": ["a", "b"]}'))
        assert engine.holding.wait(20)
        busy = service.http.post("/v1/completions", json={"prompt": ["a", "b"]})
        assert (busy.status_code, error_of(busy)["type"]) == (429, "rate_limit_error")
        assert 1 <= int(busy.headers["retry-after"]) <= 120
        engine.release()
        read_until(first, b"usage")
        assert service.http.post("/v1/completions", json={"prompt": ["a", "b"]}).status_code == 200


def test_an_unexpected_error_is_a_500_without_its_message() -> None:
    class Broken(ScriptedEngine):
        def submit(self, requests: Iterable[Request], stream: ScriptedStream | None = None) -> ScriptedStream:
            raise RuntimeError("secret")

    with scripted_service(Broken()) as service:
        response = service.http.post("/v1/generate", json={"prompt": "x"}, headers={"x-request-id": "mine"})
        assert response.status_code == 500
        assert error_of(response)["type"] == "server_error"
        assert "secret" not in response.text
        assert response.headers["x-should-retry"] == "false"
        assert response.headers["x-request-id"] == "mine"
        assert service.metric('trivium_http_requests_total{method="POST",route="/v1/generate",status="500"}') == 1


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
_VALUES = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner), max_leaves=8
)
_MODELS = (ChatCompletionRequest, CompletionRequest, GenerateRequest, TranslateRequest, AnswerRequest, TokenizeRequest)
_FIELDS = st.sampled_from(sorted({"tokens", "tools", "foo"}.union(*(model.model_fields for model in _MODELS))))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(path=st.sampled_from(POST_ROUTES), fields=st.dictionaries(_FIELDS, _VALUES, max_size=4))
def test_no_body_causes_a_server_error(hello: Scripted, path: str, fields: dict[str, Any]) -> None:
    """Any JSON in any field: an answer or a refusal, never a 5xx."""
    start: dict[str, Any] = VALID[path]
    response = hello.http.post(path, content=json.dumps(start | fields).encode(), headers=JSON)
    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        error_of(response)


def test_a_request_that_can_never_fit_is_refused_with_both_numbers_before_it_is_queued() -> None:
    long = "x" * 12_000
    bodies: list[tuple[str, str, dict[str, Any]]] = [
        ("/v1/generate", "12000", {"prompt": long}),
        ("/v1/generate", "9990", {"prompt": "x" * 11, "max_new_tokens": 9990}),
        ("/v1/completions", "12000", {"prompt": ["x", long], "n": 4, "stream": True}),
        ("/v1/chat/completions", "12018", {"messages": [{"role": "user", "content": long}], "stream": True}),
        ("/v1/answer", "12389", {"question": long}),
        ("/v1/answer", "12910", {"question": long, "context": "x. y."}),
        ("/v1/translate", "12955", {"text": long, "source_lang": "en", "target_lang": "de"}),
        ("/v2/translate", "12955", {"text": [long], "source_lang": "EN", "target_lang": "DE"}),
        ("/translate", "12955", {"q": long, "source": "en", "target": "de"}),
        (
            "/pipeline/translation",
            "12955",
            {"inputs": long, "parameters": {"src_lang": "en", "tgt_lang": "de"}},
        ),
    ]
    with scripted_service() as service:
        for route, number, body in bodies:
            response = service.http.post(route, json=body)
            assert response.status_code == 400, route
            assert f"at most 10000 tokens, but {number}" in response.text or f"and {number} for" in response.text
        assert not service.engine.requests
