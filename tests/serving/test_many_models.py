"""Several models of one command: which model a request gets, and how a fault of one leaves the others alone."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from safetensors.torch import load_file, save_file

from benchmarks.many_models.traffic import chat, question, texts
from tests.running_server import Server
from tests.serving.tiny_service import Tables, change, metric, serving, state, states, until, workers


@pytest.fixture(scope="module")
def damaged_model(chat_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that lacks a tensor: only its process finds that."""
    directory = tmp_path_factory.mktemp("damaged") / "model"
    shutil.copytree(chat_model, directory)
    tensors = load_file(directory / "model.safetensors")
    del tensors["model.norm.weight"]
    save_file(tensors, directory / "model.safetensors", metadata={"format": "pt"})
    return directory


@pytest.fixture(scope="module")
def cut_model(chat_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose weights end in the middle: the model store refuses it."""
    directory = tmp_path_factory.mktemp("cut") / "model"
    shutil.copytree(chat_model, directory)
    weights = directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[: weights.stat().st_size // 2])
    return directory


@pytest.fixture(scope="module")
def server(
    chat_model: Path,
    reader_model: Path,
    embedder_model: Path,
    damaged_model: Path,
    cut_model: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    models: Tables = {
        "chat": {"source": chat_model},
        "team/second": {"source": chat_model, "load": "demand", "max_model_len": 512},
        "damaged": {"source": damaged_model, "load": "demand"},
        "cut": {"source": cut_model},
        "reader": {"source": reader_model, "default_for": ["answer"]},
        "embedder": {"source": embedder_model},
    }
    with serving(tmp_path_factory.mktemp("config"), models) as server:
        yield server


def post(server: Server, path: str, **body: Any) -> httpx.Response:
    return server.http.post(path, json=body)


def test_the_list_says_what_each_model_can_do_and_how_it_is(server: Server) -> None:
    listed = {model["id"]: model for model in server.http.get("/v1/models").json()["data"]}
    assert {name: (model["state"], model["max_model_len"]) for name, model in listed.items()} == {
        "chat": ("ready", 2048),
        "team/second": ("unloaded", None),
        "damaged": ("unloaded", None),
        "cut": ("failed", None),
        "reader": ("ready", 96),
        "embedder": ("ready", 96),
    }
    generative = ["answer", "chat", "generate", "translate"]
    assert [listed[name]["capabilities"] for name in ("chat", "team/second", "damaged")] == [generative] * 3
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
    assert error["message"].endswith("chat, team/second, damaged")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/answer"])
def test_an_unknown_model_is_not_found_and_the_answer_lists_those_that_can(server: Server, path: str) -> None:
    body = chat("gpt-4").body if "chat" in path else question("gpt-4").body
    refused = post(server, path, **body)
    error = refused.json()["error"]
    assert (refused.status_code, error["param"], error["code"]) == (404, "model", "model_not_found")
    able = "chat, team/second, damaged" + (", reader" if path == "/v1/answer" else "")
    assert error["message"].endswith(able)
    assert server.http.get("/v1/models/gpt-4").status_code == 404
    assert change(server, "gpt-4", "load").status_code == change(server, "gpt-4", "unload").status_code == 404


def test_a_catalogue_name_is_not_added_unless_the_settings_allow_it(server: Server) -> None:
    refused = change(server, "qwen2.5-coder-0.5b-instruct", "load")
    assert refused.status_code == 404
    assert "qwen2.5-coder-0.5b-instruct" not in states(server)


@pytest.mark.parametrize("name", ["damaged", "cut"])
def test_a_model_that_cannot_load_says_why_and_takes_no_other_down(server: Server, name: str) -> None:
    refused = post(server, "/v1/chat/completions", **chat(name).body)
    assert refused.status_code == 503
    assert "retry-after" in refused.headers
    assert change(server, name, "load").status_code == 503
    assert state(server, name)["state"] == "failed"
    assert server.http.get("/health").status_code == 200
    assert post(server, "/v1/chat/completions", **chat("chat").body).status_code == 200


@pytest.mark.slow
def test_a_failed_model_that_was_mended_loads(
    server: Server, damaged_model: Path, cut_model: Path, chat_model: Path
) -> None:
    for name, directory in (("damaged", damaged_model), ("cut", cut_model)):
        shutil.copy(chat_model / "model.safetensors", directory)
        assert change(server, name, "load").json()["state"] == "ready"
        assert post(server, "/v1/chat/completions", **chat(name).body).json()["model"] == name
        assert change(server, name, "unload").json()["state"] == "unloaded"


async def test_killed_processes_of_some_models_leave_the_others_serving(server: Server) -> None:
    asked = chat("chat", tokens=64).body
    alone = post(server, "/v1/chat/completions", **asked).json()["choices"]
    asks = {"reader": question("reader"), "embedder": texts("embedder")}
    encoder, other = workers(server)["encoder"]
    with ThreadPoolExecutor(4) as pool:
        chats = [pool.submit(post, server, "/v1/chat/completions", **asked) for _ in range(4)]
        encoder.kill()
        assert [each.result().json()["choices"] for each in chats] == [alone] * 4
    await until(lambda: any(deaths(server, model, "encoder") for model in asks))
    died, alive = sorted(asks, key=lambda model: -deaths(server, model, "encoder"))
    assert [deaths(server, model, "encoder") for model in (died, alive)] == [1, 0]
    assert post(server, asks[alive].path, **asks[alive].body).status_code == 200
    await until(lambda: state(server, died)["state"] == "ready")
    assert post(server, asks[died].path, **asks[died].body).status_code == 200
    (engine,) = workers(server)["engine"]
    engine.kill()
    assert post(server, asks[alive].path, **asks[alive].body).status_code == 200
    await until(lambda: deaths(server, "chat", "engine") == 1 and state(server, "chat")["state"] == "ready")
    assert post(server, "/v1/chat/completions", **asked).json()["choices"] == alone
    assert other.is_running()
    assert not any(process.is_running() for process in (encoder, engine))


def deaths(server: Server, model: str, process: str) -> float:
    """How often the model's process has ended by itself. Without a death there is no such metric."""
    try:
        return metric(server, model, "trivium_process_deaths_total", cause="exit", process=process)
    except KeyError:
        return 0
