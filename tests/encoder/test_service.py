"""``trivium serve --reader``: real sockets, an engine and a reader process, and a kill of the reader."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.api.raw_http import events
from tests.encoder.tiny_readers import tiny_reader
from tests.engine.tiny_models import served_model
from tests.running_server import Server, running_server

TEXT = "枫叶咖啡馆早上八点开门。\r\nThe cafe\u0301 🙂 closes at six in the evening. " * 30


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return served_model(tmp_path_factory.mktemp("llama"), max_position_embeddings=2048), tiny_reader(
        "xlm-roberta", tmp_path_factory.mktemp("reader")
    )


@pytest.fixture(scope="module")
def broken(models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A reader that cannot start: it lacks weights."""
    path = Path(shutil.copytree(models[1], tmp_path_factory.mktemp("readers") / "broken"))
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 9}))
    return path


@pytest.fixture(scope="module")
def server(models: tuple[Path, Path], broken: Path) -> Iterator[Server]:
    model, reader = models
    flags = ("--reader", str(reader), "--model", f"broken={broken}", "--threads", "1")
    with running_server(model, *flags) as server:
        yield server


def ask(server: Server, **body: Any) -> httpx.Response:
    return server.http.post("/v1/answer", json={"question": "When does it close?", "context": TEXT} | body)


def test_an_answer_has_the_shape_of_every_answer(server: Server) -> None:
    answer = ask(server, top_k=3, no_answer_threshold=1).json()
    assert (answer["mode"], answer["no_answer"], answer["finish_reason"]) == ("extractive", False, "stop")
    assert answer["answer"] == TEXT[answer["start"] : answer["end"]] == answer["answers"][0]["text"]
    assert len(answer["answers"]) == 3
    assert 0 < answer["score"] <= 1
    assert 0 <= answer["no_answer_probability"] <= 1
    assert answer["document"] is None
    assert answer["usage"]["completion_tokens"] == 0
    assert answer["usage"]["prompt_tokens"] > 100
    assert answer["timings"]["total_seconds"] > 0


def test_a_stream_has_the_same_answer(server: Server) -> None:
    whole = ask(server, no_answer_threshold=1).json()
    received = events(ask(server, no_answer_threshold=1, stream=True))
    assert "".join(event.get("text", "") for event in received) == whole["answer"]
    assert received[-1]["start"] == whole["start"]


def test_clients_that_ask_at_once_get_the_answers_that_each_gets_alone(server: Server) -> None:
    questions = [f"{'When does it close? ' * n}" for n in range(1, 5)] * 3

    def answer(question: str) -> tuple[str, int]:
        found = ask(server, question=question, no_answer_threshold=1).json()
        return found["answer"], found["start"]

    alone = [answer(question) for question in questions[:4]]
    windows = server.metric("trivium_encoder_inputs_total")
    batches = server.metric("trivium_encoder_batch_duration_seconds_count")
    with ThreadPoolExecutor(12) as pool:
        assert list(pool.map(answer, questions)) == alone * 3
    assert (
        server.metric("trivium_encoder_inputs_total") - windows
        > server.metric("trivium_encoder_batch_duration_seconds_count") - batches
    )
    assert server.metric("trivium_encoder_up") == 1


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"question": "Who? " * 200}, "question"),
        ({"stride": 4000}, "stride"),
        ({"temperature": 0.5}, "temperature"),
        ({"context": None, "documents": [{"id": "a", "text": "x", "title": "Long " * 190}]}, "documents"),
    ],
)
def test_a_field_that_cannot_be_obeyed_is_refused(server: Server, body: dict[str, Any], param: str) -> None:
    for stream in (False, True):
        answer = ask(server, **body, stream=stream)
        assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_the_model_still_generates(server: Server) -> None:
    assert ask(server, mode="generative", max_tokens=4).json()["mode"] == "generative"
    assert ask(server, context=" ").json()["no_answer"] is True


def test_a_killed_reader_is_replaced_and_counted(server: Server) -> None:
    before = ask(server, no_answer_threshold=1).json()["answer"]
    family = psutil.Process(server.process.pid).children(recursive=True)
    (process,) = [child for child in family if "service.encoder.worker" in child.cmdline()]
    process.kill()
    assert ask(server, no_answer_threshold=1).json()["answer"] == before
    assert not process.is_running()
    assert server.metric('trivium_process_deaths_total{cause="exit",process="encoder"}') == 1
    assert server.metric('trivium_recovery_duration_seconds_count{process="encoder"}') == 1
    assert server.metric("trivium_encoder_up") == server.metric("trivium_engine_up") == 1
    assert server.http.get("/health/ready").status_code == 200


def test_a_reader_that_cannot_start_leaves_the_others_alone(server: Server, models: tuple[Path, Path]) -> None:
    states = {each["id"]: each for each in server.http.get("/v1/models").json()["data"]}
    assert states["broken"]["state"] == "failed"
    assert "lacks" in states["broken"]["reason"]
    answer = ask(server, model="broken")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "failed")
    for name in (path.name for path in models):
        assert ask(server, model=name, no_answer_threshold=1).json()["mode"] == "extractive"
    assert server.http.get("/health/ready").status_code == 200
    assert server.http.get("/health/ready?model=broken").status_code == 503
