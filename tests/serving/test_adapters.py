"""Adapters as models of requests: their names, their entries in the list, and their loads and unloads."""

from collections.abc import Iterator

import pytest

from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


@pytest.fixture
def service() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine()) as service:
        yield service


def load(
    service: Scripted, name: str = "sql", path: str = "/adapters/sql", **body: str
) -> tuple[int, dict[str, object]]:
    answer = service.http.post("/v1/load_lora_adapter", json={"lora_name": name, "lora_path": path} | body)
    return answer.status_code, answer.json()


def test_a_loaded_adapter_is_a_model_of_requests(service: Scripted) -> None:
    status, described = load(service)
    assert (status, described["id"], described["parent"], described["state"]) == (200, "sql", "org/tiny", "ready")
    listed = {each["id"]: each for each in service.http.get("/v1/models").json()["data"]}
    assert listed["org/tiny"]["adapters"] == ["sql"]
    assert listed["sql"]["memory_bytes"] == 1024
    assert service.http.get("/v1/models/sql").json() == listed["sql"]
    for name, adapter in (("sql", "sql"), ("org/tiny", ""), (None, "")):
        answer = service.http.post("/v1/completions", json={"model": name, "prompt": "x"})
        assert answer.json()["model"] == (name or "org/tiny")
        assert service.engine.requests[-1].adapter == adapter
    chat = service.http.post(
        "/v1/chat/completions",
        json={"model": "sql", "messages": [{"role": "user", "content": "x"}], "stream": True},
    )
    assert '"model":"sql"' in chat.text
    assert service.engine.requests[-1].adapter == "sql"


def test_an_adapter_translates_and_answers(service: Scripted) -> None:
    load(service)
    service.http.post("/v1/translate", json={"model": "sql", "text": "Good day.", "target_lang": "fr"})
    service.http.post("/v1/answer", json={"model": "sql", "question": "Who?"})
    assert {request.adapter for request in service.engine.requests} == {"sql"}


def test_an_unloaded_adapter_is_no_model(service: Scripted) -> None:
    load(service)
    assert service.http.post("/v1/unload_lora_adapter", json={"lora_name": "sql"}).status_code == 200
    answer = service.http.post("/v1/completions", json={"model": "sql", "prompt": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert service.http.post("/v1/unload_lora_adapter", json={"lora_name": "sql"}).status_code == 404
    assert service.engine.adapters == {}


@pytest.mark.parametrize(
    ("name", "path", "base", "status", "param"),
    [
        ("sql", "adapters/sql", None, 400, "lora_path"),
        ("org/tiny", "/adapters/sql", None, 400, "lora_name"),
        ("a b", "/adapters/sql", None, 400, "lora_name"),
        ("other", "/adapters/sql", "nothing", 404, "model"),
    ],
)
def test_a_load_that_cannot_be_is_refused(
    service: Scripted, name: str, path: str, base: str | None, status: int, param: str
) -> None:
    code, answer = load(service, name, path, **({} if base is None else {"base_model_name": base}))
    assert (code, answer["error"]["param"]) == (status, param)  # type: ignore[index]


def test_an_adapter_that_a_new_process_has_not_loaded_is_unavailable(service: Scripted) -> None:
    load(service)
    service.engine.adapters.clear()
    answer = service.http.post("/v1/completions", json={"model": "sql", "prompt": "x"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "failed")
    assert service.http.get("/v1/models/sql").json()["state"] == "failed"
    assert service.http.post("/v1/unload_lora_adapter", json={"lora_name": "sql"}).status_code == 200


def test_a_name_is_given_once(service: Scripted) -> None:
    assert load(service)[0] == 200
    assert load(service)[0] == 400
