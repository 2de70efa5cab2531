"""Paths that are not served: a 404 that says what to use, in the shape that the clients of its API read."""

import contextlib
from pathlib import Path

import cohere
import deepl
import httpx
import openai
import pytest

from service.api.unserved_routes import INSTEAD, INSTEAD_OF_METHODS
from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted

OPENAI, MESSAGE, TEXT = "openai", "message", "error"


@pytest.mark.parametrize(
    ("method", "path", "shape", "use"),
    [
        ("GET", "/models", OPENAI, "GET /v1/models. The base URL of OpenAI's clients ends in /v1"),
        ("GET", "/models/", OPENAI, "GET /v1/models"),
        ("GET", "/models/org/tiny", OPENAI, "GET /v1/models"),
        (
            "POST",
            "/chat/completions",
            OPENAI,
            "POST /v1/chat/completions. The base URL of OpenAI's clients ends in /v1",
        ),
        ("POST", "/completions", OPENAI, "POST /v1/completions. The base URL"),
        ("POST", "/embeddings", OPENAI, "POST /v1/embeddings. The base URL"),
        ("POST", "/v1/v1/chat/completions", OPENAI, "use POST /v1/chat/completions"),
        ("POST", "/openai/v1/chat/completions", OPENAI, "use POST /v1/chat/completions"),
        ("POST", "/v1/v2/rerank", OPENAI, "use POST /v2/rerank"),
        ("POST", "/api/v1/chat/completions", OPENAI, "use POST /v1/chat/completions"),
        ("GET", "/api/v1/models/", OPENAI, "use GET /v1/models"),
        ("GET", "/api/models/org/tiny", OPENAI, "use GET /v1/models/{id}"),
        ("GET", "/v1/health", OPENAI, "use GET /health"),
        ("POST", "/v1/tokenize", OPENAI, "use POST /tokenize"),
        ("GET", "/v1/metrics", OPENAI, "use GET /metrics"),
        ("GET", "/generate/x", TEXT, "GET /openapi.json"),
        ("POST", "/invocations", OPENAI, "use POST /v1/chat/completions"),
        ("POST", "/v1/moderations", OPENAI, "no model here judges contents"),
        ("POST", "/v1/images/generations", OPENAI, "no images"),
        ("POST", "/lora-adapters", "llama", "POST /v1/load_lora_adapter"),
        ("POST", "/models/load", "llama", "POST /v1/models/{id}/load"),
        ("GET", "/spec", TEXT, "GET /openapi.json"),
        ("DELETE", "/v1/models/org/tiny", OPENAI, "trivium models remove"),
        ("GET", "/never/heard/of", OPENAI, "GET /openapi.json"),
        ("GET", "/" + "a/" * 7_500, OPENAI, "GET /openapi.json"),
        ("GET", "/v2/nothing", MESSAGE, "GET /openapi.json"),
        ("GET", "/v1/embed/jobs", MESSAGE, "POST /v1/embed"),
        ("POST", "/v1/embed-jobs", MESSAGE, "POST /v1/embed"),
        ("POST", "/suggest", TEXT, "not collected"),
        ("GET", "/frontend/settings", TEXT, "POST /translate"),
        ("POST", "/api/create", TEXT, "trivium models pull"),
        ("DELETE", "/api/delete", TEXT, "trivium models remove"),
        ("POST", "/api/push", TEXT, "not sent anywhere"),
        ("GET", "/translate/x", TEXT, "GET /openapi.json"),
    ],
)
def test_the_answer_says_what_to_use(hello: Scripted, method: str, path: str, shape: str, use: str) -> None:
    response = hello.http.request(method, path)
    assert response.status_code == 404
    body = response.json()
    if shape == OPENAI:
        error = body["error"]
        assert (error["type"], error["code"], error["param"]) == ("not_found_error", "unknown_route", None)
        message = error["message"]
    elif shape == "llama":
        assert (body["error"]["code"], body["error"]["type"]) == (404, "not_found_error")
        message = body["error"]["message"]
    else:
        assert body.keys() - {"error_type"} == {shape}
        message = body[shape]
    assert use in message
    assert "heard" not in message


@pytest.mark.parametrize(
    ("method", "path", "words"),
    [
        *(("POST", path, words) for path, words in INSTEAD if path not in ("/v1/chat/completions", "/slots")),
        *(("GET", f"{path}/x", words) for path, words in INSTEAD),
        *((method, path.replace("{id:path}", "org/tiny"), words) for method, path, words in INSTEAD_OF_METHODS),
    ],
)
def test_what_is_not_served_is_told_with_what_to_use(hello: Scripted, method: str, path: str, words: str) -> None:
    response = hello.http.request(method, path)
    assert response.status_code == 404
    assert f"This is not served here: {words}" in response.text


def test_the_hint_holds_without_v1_too(hello: Scripted) -> None:
    message = hello.http.get("/vector_stores").json()["error"]["message"]
    assert "POST /v1/embeddings" in message
    assert message.endswith("The base URL of OpenAI's clients ends in /v1")


@pytest.mark.parametrize(
    ("path", "shape"), [("/v2/nothing", MESSAGE), ("/suggest", TEXT), ("/v1/embed/jobs", MESSAGE), ("/v1/x", "error")]
)
def test_without_a_key_the_refusal_has_the_shape_too(tmp_path: Path, path: str, shape: str) -> None:
    with keyed_service(tmp_path) as keyed:
        refused = keyed.service.http.get(path)
        assert refused.status_code == 401
        assert list(refused.json()) == [shape]


@pytest.mark.parametrize("path", ["/v2/translate", "/v1/embed", "/translate"])
def test_another_method_is_refused_in_the_shape_too(hello: Scripted, path: str) -> None:
    refused = hello.http.delete(path)
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert list(refused.json()) == [TEXT if path == "/translate" else MESSAGE]


def test_the_official_clients_show_the_hint(hello: Scripted) -> None:
    with openai.OpenAI(base_url=hello.url, api_key="x", max_retries=0) as client:
        with pytest.raises(openai.NotFoundError, match=r"use POST /v1/chat/completions\. The base URL"):
            client.chat.completions.create(model="org/tiny", messages=[{"role": "user", "content": "x"}])
        for ask in (client.models.list, lambda: client.models.retrieve("org/tiny")):
            with pytest.raises(openai.NotFoundError, match="use GET /v1/models"):
                ask()
    with (
        contextlib.closing(deepl.DeepLClient("x", server_url=hello.url)) as translator,
        pytest.raises(deepl.DeepLException, match="use POST /v1/chat/completions"),
    ):
        translator.rephrase_text("x")
    with httpx.Client() as http, pytest.raises(cohere.NotFoundError, match="use POST /v1/embed"):
        cohere.Client("x", base_url=hello.url, httpx_client=http).embed_jobs.list()


def test_a_route_that_is_served_is_never_hidden(hello: Scripted) -> None:
    """The table of what is not served may lag behind: the router decides first."""
    for method, path in (("POST", "/v2/translate"), ("POST", "/translate"), ("GET", "/v1/models/org/tiny")):
        assert hello.http.request(method, path).json() != {}
        assert hello.http.request(method, path).status_code != 404
