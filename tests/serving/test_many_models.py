"""Several models of one command: which model a request gets, and how a fault of one leaves the others alone."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.many_models.traffic import Ask, chat, question, texts
from tests.running_server import Server
from tests.serving.many_models import load_as_at_the_start
from tests.serving.tiny_service import change, deaths, metric, state, states, until, workers


@pytest.fixture(scope="module")
def server(many_models: Server) -> Server:
    load_as_at_the_start(many_models)
    return many_models


def post(server: Server, path: str, **body: Any) -> httpx.Response:
    return server.http.post(path, json=body)


def test_the_list_says_what_each_model_can_do_and_how_it_is(server: Server) -> None:
    listed = {model["id"]: model for model in server.http.get("/v1/models").json()["data"]}
    assert {name: (model["state"], model["max_model_len"]) for name, model in listed.items()} == {
        "chat": ("ready", 2048),
        "later": ("unloaded", None),
        "team/second": ("unloaded", None),
        "damaged": ("unloaded", None),
        "broken": ("failed", None),
        "cut": ("failed", None),
        "reader": ("ready", 96),
        "embedder": ("ready", 96),
    }
    generative = ["answer", "chat", "generate", "translate"]
    assert [listed[name]["capabilities"] for name in ("chat", "later", "damaged")] == [generative] * 3
    assert [listed[name]["capabilities"] for name in ("reader", "embedder")] == [["answer"], ["embed"]]
    assert (listed["chat"]["reason"], bool(listed["cut"]["reason"])) == (None, True)
    assert state(server, "team/second") == listed["team/second"]
    assert {kind: len(found) for kind, found in workers(server).items()} == {"engine": 1, "encoder": 2}


def test_a_name_picks_its_model_and_the_task_its_default(server: Server) -> None:
    answer = post(server, "/v1/chat/completions", **chat("team/second").body).json()
    assert (answer["model"], state(server, "team/second")["max_model_len"]) == ("team/second", 512)
    assert change(server, "team/second", "unload").json()["state"] == "unloaded"
    assert post(server, "/v1/completions", prompt="a", max_tokens=1).json()["model"] == "chat"
    for name in ("reader", None):
        answer = post(server, "/v1/answer", **(question("reader").body | {"model": name})).json()
        assert (answer["model"], answer["mode"]) == ("reader", "extractive")


def test_a_model_that_cannot_do_the_task_is_refused_with_the_names_of_those_that_can(server: Server) -> None:
    refused = post(server, "/v1/chat/completions", **chat("reader").body)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"], error["code"]) == (400, "model", "incapable_model")
    assert error["message"].startswith("The model reader cannot chat.")
    assert error["message"].endswith("chat, later, team/second, damaged")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/answer"])
def test_an_unknown_model_is_not_found_and_the_answer_lists_those_that_can(server: Server, path: str) -> None:
    body = chat("gpt-4").body if "chat" in path else question("gpt-4").body
    refused = post(server, path, **body)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"], error["code"]) == (404, "model", "model_not_found")
    able = "chat, later, team/second, damaged" + (", broken, reader" if path == "/v1/answer" else "")
    assert error["message"].endswith(able)
    assert server.http.get("/v1/models/gpt-4").status_code == 404
    assert change(server, "gpt-4", "load").status_code == change(server, "gpt-4", "unload").status_code == 404


def test_a_catalogue_name_is_not_added_unless_the_settings_allow_it(server: Server) -> None:
    refused = change(server, "qwen2.5-coder-0.5b-instruct", "load")
    assert refused.status_code == 404
    assert "qwen2.5-coder-0.5b-instruct" not in states(server)


@pytest.mark.parametrize("name", [pytest.param("damaged", marks=pytest.mark.slow), "cut"])
def test_a_model_that_cannot_load_says_why_and_takes_no_other_down(server: Server, name: str) -> None:
    refused = post(server, "/v1/chat/completions", **chat(name).body)
    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    assert change(server, name, "load").status_code == 503
    assert state(server, name)["state"] == "failed"
    assert server.http.get("/health").status_code == 200
    assert post(server, "/v1/chat/completions", **chat("chat").body).status_code == 200


@pytest.mark.slow
def test_a_failed_model_that_was_mended_loads(server: Server, many_models_files: Path) -> None:
    for name in ("damaged", "cut"):
        shutil.copy(many_models_files / "chat/model.safetensors", many_models_files / name)
        assert change(server, name, "load").json()["state"] == "ready"
        assert post(server, "/v1/chat/completions", **chat(name).body).json()["model"] == name
        assert change(server, name, "unload").json()["state"] == "unloaded"


async def test_killed_processes_are_replaced_and_counted_and_leave_the_others_serving(server: Server) -> None:
    asked = chat("chat", tokens=64).body
    alone = post(server, "/v1/chat/completions", **asked).json()["choices"]
    asks = {"reader": question("reader"), "embedder": texts("embedder")}
    found = {model: answered(server, ask) for model, ask in asks.items()}
    killed = {model: deaths(server, model, "encoder") for model in asks}
    crashes = deaths(server, "chat", "engine")
    encoder, other = workers(server)["encoder"]
    with ThreadPoolExecutor(4) as pool:
        chats = [pool.submit(post, server, "/v1/chat/completions", **asked) for _ in range(4)]
        encoder.kill()
        assert {model: answered(server, ask) for model, ask in asks.items()} == found
        assert [each.result().json()["choices"] for each in chats] == [alone] * 4
    died, alive = sorted(asks, key=lambda model: killed[model] - deaths(server, model, "encoder"))
    assert [deaths(server, model, "encoder") - killed[model] for model in (died, alive)] == [1, 0]
    assert metric(server, died, "trivium_recovery_duration_seconds_count", process="encoder") == killed[died] + 1
    assert [metric(server, model, "trivium_encoder_up") for model in asks] == [1, 1]
    assert state(server, died)["state"] == "ready"
    (engine,) = workers(server)["engine"]
    engine.kill()
    assert answered(server, asks[alive]) == found[alive]
    await until(lambda: deaths(server, "chat", "engine") == crashes + 1 and state(server, "chat")["state"] == "ready")
    assert post(server, "/v1/chat/completions", **asked).json()["choices"] == alone
    assert other.is_running()
    assert not any(process.is_running() for process in (encoder, engine))


def answered(server: Server, ask: Ask) -> Any:
    """What the encoder has computed for the answer."""
    answer = post(server, ask.path, **ask.body).raise_for_status().json()
    return answer["data"] if "data" in answer else (answer["answers"], answer["no_answer_probability"])
