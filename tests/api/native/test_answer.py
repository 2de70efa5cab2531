"""``/v1/answer``."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.engine.protocol.request import Request
from tests.api.encoders import ScriptedEncoders
from tests.api.native.usage_checks import check_usage_and_timings
from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine


def test_answer(chinese: Scripted) -> None:
    answer = chinese.http.post("/v1/answer", json={"question": "什么是量子计算？"}).json()
    assert answer["id"].startswith("ans-")
    assert (answer["answer"], answer["finish_reason"], answer["mode"]) == ("你好，世界", "stop", "generative")
    assert (answer["start"], answer["document"], answer["answers"], answer["citations"]) == (None, None, [], [])
    check_usage_and_timings(answer, tokens=16)
    *pieces, end, last = events(chinese.http.post("/v1/answer", json={"question": "什么是量子计算？", "stream": True}))
    assert "".join(piece["text"] for piece in pieces) == "你好，世界"
    assert (end["text"], end["finish_reason"], last["done"]) == ("", "stop", True)
    assert set(last) == (set(answer) | {"done"}) - {"answer"}
    check_usage_and_timings(last, tokens=16)


class QuotingEngine(ScriptedEngine):
    """Extracts "Ada", then continues after the quotation."""

    def text_for(self, request: Request) -> str:
        if request.params.constraint is None:
            return "\nQuote: Nobody.\nAnswer: Ada."
        return "Ada" if self.tokenizer.decode(request.prompt).endswith("assistant: ") else "da"


def test_a_generated_answer_cites_its_documents() -> None:
    documents = [{"id": "a", "text": "It rains."}, {"id": "b", "text": "Ada came at six."}]
    body = {"question": "Who came?", "documents": documents, "mode": "generative"}
    with scripted_service(QuotingEngine()) as service:
        answer = service.http.post("/v1/answer", json=body).json()
        span = {"text": "Ada came at six.", "start": 0, "end": 16, "document": "b", "score": 1.0}
        assert (answer["answer"], answer["citations"], answer["dropped_citations"]) == ("Ada.", [span], 1)
        assert 0 <= answer["no_answer_probability"] < 0.5
        *pieces, _, last = events(service.http.post("/v1/answer", json=body | {"stream": True}))
        assert ("".join(piece["text"] for piece in pieces), last["citations"]) == ("Ada.", [span])
        assert [piece["citation"] for piece in pieces] == [span] + [None] * (len(pieces) - 1)
        assert len(pieces) > 1


class RewritingEngine(QuotingEngine):
    """Writes the question again, and then does as its parent."""

    def text_for(self, request: Request) -> str:
        return " Ada come?" if "-history" in request.id else super().text_for(request)


def test_a_question_with_a_history_is_written_again_in_all_modes_and_in_streams() -> None:
    history = [{"question": "Who came?", "answer": "Ada"}]
    body = {"question": "When did she come?", "history": history, "context": "Ada came at six."}
    with scripted_service(RewritingEngine()) as service:
        for mode in ("extractive", "generative"):
            answer = service.http.post("/v1/answer", json=body | {"mode": mode}).json()
            assert answer["question_used"] == "When did Ada come?"
            *_, last = events(service.http.post("/v1/answer", json=body | {"mode": mode, "stream": True}))
            assert last["question_used"] == "When did Ada come?"
            assert answer["usage"]["prompt_tokens"] == last["usage"]["prompt_tokens"]
        unchanged: list[dict[str, Any]] = [{}, {"history": None}, {"history": []}]
        for fields in unchanged:
            answer = service.http.post("/v1/answer", json={"question": "When?", "context": "x"} | fields).json()
            assert answer["question_used"] is None


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
        ({"question": "x", "documents": [{"id": str(i), "text": "y"} for i in range(1001)]}, "documents"),
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
        (A_TEXT | {"retrieval": "magic"}, "retrieval"),
        (A_TEXT | {"max_passages": 33}, "max_passages"),
        ({"question": "x", "max_passages": 3}, "max_passages"),
        (
            {"question": "x", "retrieval": "off", "documents": [{"id": str(i), "text": "y"} for i in range(33)]},
            "retrieval",
        ),
        (A_TEXT | {"history": [{"question": "x", "answer": "x"}] * 33}, "history"),
        (A_TEXT | {"history": [{"question": "", "answer": "x"}]}, "history.0.question"),
        (A_TEXT | {"history": [{"question": "x"}]}, "history.0.answer"),
        (A_TEXT | {"history": [{"question": "x", "answer": "x" * 8001}]}, "history.0.answer"),
        (A_TEXT | {"history": [{"question": "x" * 8000, "answer": "x" * 8000}]}, "history"),
        (A_TEXT | {"temperature": 0.7}, "temperature"),
        (A_TEXT | {"stop": ["x"]}, "stop"),
        ({"question": "x", "stride": 5}, "stride"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = hello.http.post("/v1/answer", content=json.dumps(body), headers={"content-type": "application/json"})
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


ROOMS = [{"id": str(number), "text": f"Room {number} is used by team {number}th."} for number in range(20)]


@pytest.mark.parametrize(("retrieval", "helps"), [("auto", True), ("words", False), ("off", False)])
def test_the_served_embedder_and_re_ranker_choose_passages_unless_the_client_refuses(
    tmp_path: Path, retrieval: str, helps: bool
) -> None:
    encoders = ScriptedEncoders(tmp_path)
    with scripted_service(encoders=encoders) as service:
        body = {"question": "Which team uses room 4?", "documents": ROOMS, "retrieval": retrieval}
        assert service.http.post("/v1/answer", json=body).status_code == 200
    asked = {name: bool(encoder.requests) for name, encoder in encoders.by_name.items()}
    assert asked == {"embedder": helps, "reranker": helps, "classifier": False}


def test_models_that_cannot_read_the_question_do_not_choose_passages(tmp_path: Path) -> None:
    encoders = ScriptedEncoders(tmp_path)
    with scripted_service(encoders=encoders) as service:
        body = {"question": "Какая команда в комнате 4?", "documents": ROOMS}
        assert service.http.post("/v1/answer", json=body).status_code == 200
    assert not any(encoder.requests for encoder in encoders.by_name.values())


def test_a_failing_embedder_does_not_fail_an_answer(tmp_path: Path) -> None:
    encoders = ScriptedEncoders(tmp_path)
    with scripted_service(encoders=encoders) as service:
        encoders.by_name["embedder"].status = "restarting"
        body = {"question": "Which team uses room 4?", "documents": ROOMS}
        assert service.http.post("/v1/answer", json=body).status_code == 200
    assert not encoders.by_name["embedder"].requests
