"""``/v1/generate`` and ``/v1/answer``."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from service.engine.protocol.request import Request
from tests.api.scripted import Scripted, scripted_service
from tests.api.wire import events
from tests.fakes.engine import ScriptedEngine


@pytest.fixture(scope="module")
def chinese() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine(text="你好，世界")) as service:
        yield service


def check_account(answer: dict[str, Any], *, tokens: int) -> None:
    """Every answer says what it cost and how long it took."""
    assert answer["model"] == "org/tiny"
    usage, timings = answer["usage"], answer["timings"]
    assert usage["completion_tokens"] == tokens
    assert usage["total_tokens"] == usage["prompt_tokens"] + tokens
    assert timings["queue_seconds"] == 0.5
    assert 0 < timings["ttft_seconds"] <= timings["total_seconds"]


def test_generate(chinese: Scripted) -> None:
    response = chinese.http.post("/v1/generate", json={"prompt": "人工智能将改变世界", "max_length": 100})
    answer = response.json()
    assert "你好，世界" in response.text  # as a person reads it
    assert answer["id"].startswith("gen-")
    assert (answer["text"], answer["finish_reason"]) == ("你好，世界", "stop")
    check_account(answer, tokens=16)
    request = chinese.engine.requests[-1]
    assert chinese.engine.tokenizer.decode(request.prompt) == "人工智能将改变世界"
    assert request.params.max_tokens == 100
    assert request.id.startswith(answer["id"])


def test_generate_from_messages(hello: Scripted) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "max_new_tokens": 3, "temperature": 0}
    answer = hello.http.post("/v1/generate", json=body).json()
    assert (answer["text"], answer["finish_reason"]) == ("Hel", "length")
    request = hello.engine.requests[-1]
    assert hello.engine.tokenizer.decode(request.prompt) == "user: Hi\nassistant: "
    assert request.params.temperature == 0


def test_generate_as_a_stream(chinese: Scripted) -> None:
    body = {"prompt": "x", "stream": True, "max_tokens": 100}
    *pieces, last = events(chinese.http.post("/v1/generate", json=body))
    assert [set(piece) for piece in pieces] == [{"id", "index", "text", "finish_reason"}] * len(pieces)
    assert "".join(piece["text"] for piece in pieces) == "你好，世界"
    assert [piece["finish_reason"] for piece in pieces] == [None] * (len(pieces) - 1) + ["stop"]
    assert {piece["id"] for piece in pieces} == {last["id"]}
    check_account(last, tokens=16)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "max_length": 5, "max_new_tokens": 6}, "max_length"),
        ({"prompt": "x", "max_new_tokens": 0}, "max_new_tokens"),
        ({"prompt": "x", "max_new_tokens": 20_000}, "prompt"),
        ({"prompt": "x", "n": 2}, "n"),
        ({"prompt": "x", "min_tokens": 9, "max_length": 8}, "min_tokens"),
    ],
)
def test_generate_refuses(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = hello.http.post("/v1/generate", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_the_same_length_under_two_names(hello: Scripted) -> None:
    body = {"prompt": "x", "max_length": 2, "max_new_tokens": 2, "max_tokens": None}
    assert hello.http.post("/v1/generate", json=body).json()["text"] == "He"


def test_answer(chinese: Scripted) -> None:
    answer = chinese.http.post("/v1/answer", json={"question": "什么是量子计算？"}).json()
    assert answer["id"].startswith("ans-")
    assert (answer["answer"], answer["finish_reason"], answer["mode"]) == ("你好，世界", "stop", "generative")
    assert (answer["start"], answer["document"], answer["answers"], answer["citations"]) == (None, None, [], [])
    check_account(answer, tokens=16)
    *pieces, end, last = events(chinese.http.post("/v1/answer", json={"question": "什么是量子计算？", "stream": True}))
    assert "".join(piece["text"] for piece in pieces) == "你好，世界"
    assert (end["text"], end["finish_reason"], last["done"]) == ("", "stop", True)
    assert set(last) == (set(answer) | {"done"}) - {"answer"}
    check_account(last, tokens=16)


class Reader(ScriptedEngine):
    """Extracts "Ada", then goes on behind the quotation."""

    def text_for(self, request: Request) -> str:
        if request.params.constraint is None:
            return "\nQuote: Nobody.\nAnswer: Ada."
        return "Ada" if self.tokenizer.decode(request.prompt).endswith("assistant: ") else "da"


def test_a_generated_answer_cites_its_documents() -> None:
    documents = [{"id": "a", "text": "It rains."}, {"id": "b", "text": "Ada came at six."}]
    body = {"question": "Who came?", "documents": documents, "mode": "generative"}
    with scripted_service(Reader()) as service:
        answer = service.http.post("/v1/answer", json=body).json()
        span = {"text": "Ada came at six.", "start": 0, "end": 16, "document": "b", "score": 1.0}
        assert (answer["answer"], answer["citations"], answer["dropped_citations"]) == ("Ada.", [span], 1)
        assert 0 <= answer["no_answer_probability"] < 0.5
        *pieces, _, last = events(service.http.post("/v1/answer", json=body | {"stream": True}))
        assert ("".join(piece["text"] for piece in pieces), last["citations"]) == ("Ada.", [span])


@pytest.mark.parametrize("context", ["", " \n"])
def test_in_a_blank_text_there_is_no_answer(hello: Scripted, context: str) -> None:
    answer = hello.http.post("/v1/answer", json={"question": "x", "context": context}).json()
    assert (answer["answer"], answer["no_answer"], answer["no_answer_probability"]) == ("", True, 1.0)
    assert answer["usage"]["total_tokens"] == 0


A_TEXT = {"question": "x", "context": "y"}
TWO = [{"id": "a", "text": "x"}, {"id": "a", "text": "y"}]


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "question"),
        ({"question": ""}, "question"),
        ({"question": " "}, "question"),
        ({"question": "x", "context": 5}, "context"),
        ({"question": "x", "context": "\ud800"}, "context"),
        ({"question": "x" * 20_000, "context": "y"}, "question"),
        ({"question": "x", "documents": []}, "documents"),
        ({"question": "x", "documents": TWO}, "documents.1.id"),
        ({"question": "x", "documents": [{"text": "y"}]}, "documents.0.id"),
        ({"question": "x", "documents": [{"id": str(i), "text": "y"} for i in range(65)]}, "documents"),
        (A_TEXT | {"documents": TWO[:1]}, "documents"),
        (A_TEXT | {"context": "y" * ((1 << 20) + 1)}, "context"),
        (A_TEXT | {"top_k": 0}, "top_k"),
        (A_TEXT | {"top_k": 21}, "top_k"),
        (A_TEXT | {"top_k": 2, "mode": "generative"}, "top_k"),
        (A_TEXT | {"mode": "magic"}, "mode"),
        ({"question": "x", "mode": "extractive"}, "mode"),
        (A_TEXT | {"stride": 512}, "stride"),
        (A_TEXT | {"stride": -1}, "stride"),
        (A_TEXT | {"max_answer_len": 1001}, "max_answer_len"),
        (A_TEXT | {"no_answer_threshold": 1.5}, "no_answer_threshold"),
        (A_TEXT | {"temperature": 0.7}, "temperature"),
        (A_TEXT | {"stop": ["x"]}, "stop"),
        ({"question": "x", "stride": 5}, "stride"),
    ],
)
def test_answer_refuses(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = hello.http.post("/v1/answer", content=json.dumps(body), headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)
