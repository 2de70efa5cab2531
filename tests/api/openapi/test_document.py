"""The OpenAPI document and the page that shows it."""

import re

from tests.api.scripted import Scripted


def test_docs_need_no_other_host(hello: Scripted) -> None:
    page = hello.http.get("/docs").text
    links = re.findall(r"""(?:src|href|url)\s*[=:]\s*["']([^"']+)""", page)
    assert links
    for link in links:
        assert not link.startswith(("http", "//"))
        assert hello.http.get(f"/{link}").status_code == 200
    assert hello.http.get("/docs/assets/index.html").status_code == 404


_FILES = {
    "/v2/glossaries/{id}/entries",
    "/metrics",
    "/v1/files/{id}/content",
    "/v1/translate/document/{id}/result",
    "/v2/document/{id}/result",
    "/download_file/{name}",
}
_NEED_A_FORM = {"/v1/files", "/v1/translate/document", "/v2/document", "/translate_file"}
_NEED_A_FORM |= {"/v1/audio/transcriptions", "/v1/audio/translations"}
_WITH_MESSAGE = {"/v1/embed", "/v1/rerank", "/rerank"}  # Cohere's errors


def test_every_route_is_described_with_examples(hello: Scripted) -> None:
    document = hello.http.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path
            assert operation["description"], path
            assert operation["tags"], path
            assert "422" not in operation["responses"], path
            if path in _FILES:
                continue
            is_stream = path in {"/generate_stream", "/v1/translate/document/{id}/events", "/v1/statistics"}
            media_type = "text/event-stream" if is_stream else "application/json"
            if "204" not in operation["responses"]:
                status = next(each for each in ("201", "202", "200") if each in operation["responses"])
                assert operation["responses"][status]["content"][media_type]["example"], path
            if "requestBody" in operation:
                kind = "multipart/form-data" if path in _NEED_A_FORM else "application/json"
                assert operation["requestBody"]["content"][kind]["examples"], path
                refusal = operation["responses"]["400"]["content"]["application/json"]["example"]
                with_message = path in _WITH_MESSAGE or path.startswith(("/v2/", "/v3/"))
                assert refusal["message" if with_message else "error"], path


# The example of a batch needs a file; test_answers.py uploads one.
_NEED_A_FILE = {*_NEED_A_FORM, "/v1/batches"}
# A script that always says Hello neither keeps markup nor extracts; the README's calls try these on a real engine.
_NEED_A_TRANSLATOR = {"/v1/translate", "/v1/answer", "/"}


def test_examples_are_valid_requests(encoder_service: Scripted) -> None:
    document = encoder_service.http.get("/openapi.json").json()
    for path, operations in document["paths"].items():
        body = operations.get("post", {}).get("requestBody")
        if body is None or "{" in path or path in _NEED_A_TRANSLATOR | _NEED_A_FILE:
            continue
        for name, example in body["content"]["application/json"]["examples"].items():
            value = {key: field for key, field in example["value"].items() if key not in {"model", "tokens"}}
            value |= {"tokens": [1, 2]} if path == "/detokenize" else {}
            if path.startswith("/api/"):  # Ollama's requests always name a model
                value["model"] = "embedder" if path.startswith("/api/embed") else "org/tiny"
            if path == "/v1/embeddings" and name == "tokens":  # those of a real model
                continue
            response = encoder_service.http.post(path, json=value)
            assert response.is_success, (path, name, response.text)
            assert "x-ignored-params" not in response.headers
