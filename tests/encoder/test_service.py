"""``trivium serve --reader``: real sockets, an engine and a reader process. The fixture gives the flag."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.raw_http import events
from tests.running_server import Server
from tests.serving.many_models import load_as_at_the_start
from tests.serving.tiny_service import metric

TEXT = "枫叶咖啡馆早上八点开门。\r\nThe cafe\u0301 🙂 closes at six in the evening. " * 30


@pytest.fixture(scope="module")
def server(many_models: Server) -> Server:
    load_as_at_the_start(many_models)
    return many_models


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
    assert metric(server, "reader", "trivium_encoder_up") == 1


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


def test_a_reader_that_cannot_start_leaves_the_others_alone(server: Server) -> None:
    states = {each["id"]: each for each in server.http.get("/v1/models").json()["data"]}
    assert states["broken"]["state"] == "failed"
    assert "lacks" in states["broken"]["reason"]
    answer = ask(server, model="broken")
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "failed")
    for name in ("chat", "reader"):
        assert ask(server, model=name, no_answer_threshold=1).json()["mode"] == "extractive"
    assert server.http.get("/health/ready").status_code == 200
    assert server.http.get("/health/ready?model=broken").status_code == 503
