"""Ollama's routes about models, and how its requests name, load and keep them."""

from typing import Any

import pytest

from tests.api.compat.test_ollama import CHAT, PROMPT, lines
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


@pytest.mark.parametrize(
    ("path", "body"), [("/api/chat", CHAT | {"messages": []}), ("/api/generate", PROMPT | {"prompt": ""})]
)
def test_without_a_text_the_model_is_loaded(hello: Scripted, path: str, body: dict[str, Any]) -> None:
    answer = hello.http.post(path, json=body).json()
    assert (answer["done"], answer["done_reason"]) == (True, "load")


def test_latest_is_the_same_model(hello: Scripted) -> None:
    for path, body in (("/api/chat", CHAT), ("/api/generate", PROMPT), ("/api/show", {}), ("/api/pull", {})):
        assert hello.http.post(path, json=body | {"model": "org/tiny:latest"}).status_code == 200
        for name in ("another", "org/tiny:7b", "another:latest"):
            response = hello.http.post(path, json=body | {"model": name})
            assert response.status_code == 404
            assert response.json()["error"].startswith("model not found: ")


def test_models(encoder_service: Scripted) -> None:
    tags = encoder_service.http.get("/api/tags").json()["models"]
    served = [model["id"] for model in encoder_service.http.get("/v1/models").json()["data"]]
    assert [(each["name"], each["model"]) for each in tags] == [(name, name) for name in served]
    assert len({each["digest"] for each in tags}) == len(tags)
    running = encoder_service.http.get("/api/ps").json()["models"]
    assert [each["name"] for each in running] == served
    assert running[0]["context_length"] == 10_000
    assert {each["size_vram"] for each in running} == {0}


@pytest.mark.parametrize(
    ("name", "words"), [("org/tiny", ["completion", "tools"]), ("embedder", ["embedding"]), ("reranker", [])]
)
def test_show(encoder_service: Scripted, name: str, words: list[str]) -> None:
    shown = encoder_service.http.post("/api/show", json={"name": name, "verbose": True}).json()
    assert shown["capabilities"] == words
    family = shown["details"]["family"]
    assert shown["model_info"]["general.architecture"] == family
    assert shown["model_info"][f"{family}.context_length"] > 0


def test_a_model_that_is_not_loaded_is_listed_and_not_running() -> None:
    with scripted_service(load="demand") as service:
        assert [each["name"] for each in service.http.get("/api/tags").json()["models"]] == ["org/tiny"]
        assert service.http.get("/api/ps").json() == {"models": []}
        shown = service.http.post("/api/show", json={"model": "org/tiny"}).json()
        assert "general.architecture" not in shown["model_info"]
        assert service.http.post("/api/generate", json={"model": "org/tiny"}).json()["done_reason"] == "load"
        assert [each["name"] for each in service.http.get("/api/ps").json()["models"]] == ["org/tiny"]


def test_pull_succeeds_for_a_model_that_is_here(hello: Scripted) -> None:
    assert lines(hello.http.post("/api/pull", json={"model": "org/tiny"})) == [{"status": "success"}]
    assert hello.http.post("/api/pull", json={"name": "org/tiny", "stream": False}).json() == {"status": "success"}


def test_pull_fetches_and_loads_with_progress() -> None:
    catalog = {"far": ScriptedEngine(), "farther": ScriptedEngine()}
    for engine in catalog.values():
        engine.status = "loading"
    with scripted_service(runtime_fetch=True, catalog=catalog) as service:
        first, *parts, last = lines(service.http.post("/api/pull", json={"model": "far:latest"}))
        assert (first, last) == ({"status": "pulling manifest"}, {"status": "success"})
        assert parts[-1] == {"status": "pulling model.safetensors", "total": 100, "completed": 100}
        assert service.http.post("/api/generate", json=PROMPT | {"model": "far", "stream": False}).status_code == 200
        assert service.http.post("/api/pull", json={"name": "farther", "stream": False}).json() == {"status": "success"}
        assert lines(service.http.post("/api/pull", json={"name": "x"}))[-1]["error"].startswith("model not found")
        assert service.http.post("/api/pull", json={"name": "x", "stream": False}).status_code == 404


def test_without_runtime_fetch_nothing_is_pulled() -> None:
    with scripted_service(catalog={"far": ScriptedEngine()}) as service:
        response = service.http.post("/api/pull", json={"model": "far"})
        assert response.status_code == 404
        assert "model not found" in response.json()["error"]
        assert "runtime_fetch" in response.json()["error"]


@pytest.mark.parametrize("wish", ["5m", "1h30m", 300, 3600.5, "-1m", -1, "250ms"])
def test_a_model_that_stays_loaded_keeps_alive_as_long_as_one_likes(hello: Scripted, wish: Any) -> None:
    assert hello.http.post("/api/generate", json=PROMPT | {"keep_alive": wish}).status_code == 200


def test_keep_alive_is_refused_if_the_model_would_not_stay() -> None:
    with scripted_service(load="demand", idle_seconds=600.0) as service:
        for wish, status in (("5m", 200), (600, 200), ("10m1s", 400), (-1, 400), (0, 400), ("0s", 400), ("0", 400)):
            response = service.http.post("/api/generate", json=PROMPT | {"keep_alive": wish})
            assert response.status_code == status, wish
            assert status == 200 or response.json()["error"].startswith("keep_alive: ")
