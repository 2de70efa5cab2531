"""What surrounds the tasks: health, models, tokens, metrics, request ids, the document."""

import re
from typing import Any

import httpx
import pytest
from openai import OpenAI
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import service
from service.api.middleware.body_limit import BodyLimitMiddleware
from service.engine.protocol.outputs import ErrorKind
from tests.api.scripted import Scripted, scripted_service, served
from tests.api.wire import connection, read_until
from tests.fakes.engine import ScriptedEngine

ONE_OF_EACH: dict[str, dict[str, Any]] = {
    "/v1/generate": {"prompt": "x"},
    "/v1/completions": {"prompt": "x"},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "x"}]},
    "/v1/translate": {"text": "x", "target_lang": "French", "source_lang": "English"},
    "/v1/answer": {"question": "x?", "context": "y", "mode": "generative"},
}


def test_the_socket_answers_while_the_engine_loads() -> None:
    engine = ScriptedEngine(loads_at_once=False)
    with scripted_service(engine) as running, httpx.Client(base_url=running.url) as http:
        assert http.get("/health/live").status_code == 200
        for path in ("/health", "/health/ready"):
            unready = http.get(path)
            assert (unready.status_code, unready.json()["status"]) == (503, "loading")
        for path, body in (("/v1/generate", {"prompt": "x"}), ("/tokenize", {"prompt": "x"})):
            early = http.post(path, json=body)
            assert (early.status_code, early.json()["error"]["code"]) == (503, "loading")
            assert early.json()["error"]["type"] == "server_error"
            assert int(early.headers["retry-after"]) > 0
        assert http.get("/v1/models").json()["data"][0]["max_model_len"] is None
        assert "trivium_engine_up 0.0" in http.get("/metrics").text
        engine.may_load.set()
        assert engine.loaded.wait(20)
        assert http.get("/health").json() == {"status": "ok", "reason": ""}
        assert "trivium_engine_up 1.0" in http.get("/metrics").text
        assert http.post("/v1/generate", json={"prompt": "x"}).status_code == 200


def test_while_the_engine_restarts_newcomers_are_told_to_come_again() -> None:
    with scripted_service() as running:
        running.engine.status, running.engine.reason = "restarting", "the engine process was killed by signal 9"
        assert running.http.get("/health/live").status_code == 200
        for stream in (False, True):
            for path, body in ONE_OF_EACH.items():
                told = running.http.post(path, json=body | {"stream": stream})
                assert (told.status_code, told.json()["error"]["code"]) == (503, "restarting"), path
                assert int(told.headers["retry-after"]) > 0
        health = running.http.get("/health/ready")
        assert (health.status_code, health.json()["status"]) == (503, "restarting")
        assert int(health.headers["retry-after"]) > 0
        assert not running.engine.requests


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/translate", "/v1/answer"])
def test_a_poison_pill_is_not_to_be_sent_again(path: str) -> None:
    engine = ScriptedEngine(fails_at=0, error_kind=ErrorKind.POISON_PILL)
    with scripted_service(engine) as running:
        body = ONE_OF_EACH[path]
        failed = running.http.post(path, json=body)
        assert (failed.status_code, failed.json()["error"]["code"]) == (500, "poisonous_request")
        assert failed.headers["x-should-retry"] == "false"
        assert '"code":"poisonous_request"' in running.http.post(path, json=body | {"stream": True}).text


def test_a_dead_engine_says_why() -> None:
    with scripted_service() as running:
        running.engine.status, running.engine.reason = "dead", "out of memory"
        response = running.http.get("/health/ready")
        assert (response.status_code, response.json()) == (503, {"status": "dead", "reason": "out of memory"})
        assert running.http.post("/v1/generate", json={"prompt": "x"}).json()["error"]["code"] == "dead"
        assert "trivium_engine_up 0.0" in running.http.get("/metrics").text


def test_models_with_the_official_client(hello: Scripted) -> None:
    with OpenAI(base_url=f"{hello.url}/v1", api_key="none") as client:
        (model,) = client.models.list().data
        assert (model.id, model.object, model.owned_by) == ("org/tiny", "model", "trivium")
        assert client.models.retrieve("org/tiny") == model
    assert hello.http.get("/v1/models/org%2Ftiny").json()["max_model_len"] == 10_000
    missing = hello.http.get("/v1/models/org/other")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "model_not_found")


def test_served_name() -> None:
    with scripted_service(served_model_name="mine") as running:
        assert running.http.get("/v1/models").json()["data"][0]["id"] == "mine"
        for model, status in (("mine", 200), ("org/tiny", 404), ("tgi", 200), ("dummy", 200), (None, 200)):
            body = {"model": model, "prompt": "x"}
            assert running.http.post("/v1/completions", json=body).status_code == status


@pytest.mark.parametrize("text", ["Hello", "你好 👍", " a\u2028b\n"])
def test_tokenize_and_back(hello: Scripted, text: str) -> None:
    answer = hello.http.post("/tokenize", json={"prompt": text, "return_token_strs": True}).json()
    assert answer["tokens"] == hello.engine.tokenizer.encode(text)
    assert answer["count"] == len(answer["tokens"]) == len(answer["token_strs"])
    assert answer["max_model_len"] == 10_000
    back = hello.http.post("/detokenize", json={"tokens": answer["tokens"]}).json()
    assert back == {"prompt": text, "content": text}


def test_tokenize_messages(hello: Scripted) -> None:
    messages = [{"role": "user", "content": "x"}]
    for fields, text in (
        ({}, "user: x\nassistant: "),
        ({"continue_final_message": True}, "user: x"),
    ):
        answer = hello.http.post("/tokenize", json={"messages": messages} | fields).json()
        assert hello.engine.tokenizer.decode(answer["tokens"]) == text
        assert "token_strs" not in answer


@pytest.mark.parametrize(
    ("path", "body", "param"),
    [
        ("/tokenize", {}, "prompt"),
        ("/tokenize", {"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "prompt"),
        ("/detokenize", {"tokens": [1, 257]}, "tokens.1"),
        ("/detokenize", {"tokens": [1, -1]}, "tokens.1"),
        ("/detokenize", {"tokens": "x"}, "tokens"),
        ("/detokenize", {}, "tokens"),
    ],
)
def test_tokens_refused(hello: Scripted, path: str, body: dict[str, Any], param: str) -> None:
    response = hello.http.post(path, json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_request_ids(hello: Scripted) -> None:
    def answered(sent: str | None) -> str:
        headers = [] if sent is None else [(b"x-request-id", sent.encode("latin-1"))]
        return hello.http.get("/version", headers=headers).headers["x-request-id"]

    assert answered("mine-1:2.3_4") == "mine-1:2.3_4"
    for sent in (None, "", "with space", "x" * 129, "\xfc"):
        assert re.fullmatch(r"req-[0-9a-f]{32}", answered(sent))
    assert answered(None) != answered(None)
    failed = hello.http.post("/v1/generate", json={}, headers={"x-request-id": "bad"})
    assert (failed.status_code, failed.headers["x-request-id"]) == (400, "bad")


def test_responses_are_counted_by_route_and_status() -> None:
    with scripted_service() as running:
        running.http.get("/v1/models/org/tiny")
        running.http.get("/v1/models/a/b")
        running.http.get("/never/heard/of")
        running.http.get("/docs/assets/swagger-ui.css")
        running.http.post("/v1/generate", json={"prompt": "x", "stream": True})
        text = running.http.get("/metrics").text
    for route, status in (
        ('method="GET",route="/v1/models/{id:path}"', 200),
        ('method="GET",route="/v1/models/{id:path}"', 404),
        ('method="GET",route="unknown"', 404),
        ('method="GET",route="/docs/assets/{name}"', 200),
        ('method="POST",route="/v1/generate"', 200),
    ):
        assert f'trivium_http_requests_total{{{route},status="{status}"}} 1.0' in text
    assert "trivium_generated_tokens_total 6.0" in text
    assert "heard" not in text


def test_version(hello: Scripted) -> None:
    assert hello.http.get("/version").json() == {"version": service.__version__}


def test_a_stalled_body_ends() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        try:
            while (await receive())["more_body"]:
                pass
        except HTTPException as error:
            await Response(status_code=error.status_code)(scope, receive, send)

    with served(BodyLimitMiddleware(app, limit=100, seconds=0.05)) as (address, _), connection(address) as sock:
        sock.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345")
        assert read_until(sock, b"\r\n\r\n").startswith(b"HTTP/1.1 408")


def test_docs_need_no_other_host(hello: Scripted) -> None:
    page = hello.http.get("/docs").text
    links = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)""", page)
    assert links
    for link in links:
        assert not link.startswith(("http", "//"))
        assert hello.http.get(f"/{link}").status_code == 200
    assert hello.http.get("/docs/assets/index.html").status_code == 404


def test_every_route_is_described_with_examples(hello: Scripted) -> None:
    document = hello.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.0")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["tags"], path
            assert "422" not in operation["responses"], path
            if path == "/metrics":
                continue
            assert operation["responses"]["200"]["content"]["application/json"]["example"], path
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["examples"], path
                refusal = operation["responses"]["400"]["content"]["application/json"]["example"]
                assert refusal["message" if path.startswith("/v2/") else "error"], path


# A script that always says Hello neither keeps markup nor extracts; the README's calls try these on a real engine.
_NEED_A_TRANSLATOR = {"/v1/translate", "/v1/answer", "/"}


def test_examples_are_valid_requests(hello: Scripted) -> None:
    document = hello.http.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is None or "{" in path or path in _NEED_A_TRANSLATOR:
            continue
        for name, example in body["content"]["application/json"]["examples"].items():
            value = {key: field for key, field in example["value"].items() if key not in {"model", "tokens"}}
            value |= {"tokens": [1, 2]} if path == "/detokenize" else {}
            response = hello.http.post(path, json=value)
            assert response.status_code == 200, (path, name, response.text)
            assert "x-ignored-params" not in response.headers
