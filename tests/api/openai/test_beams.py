"""Beam searches over HTTP: what the engine is asked for, and the n best texts with their scores."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from service.engine.protocol.beam_params import BeamParams
from service.engine.protocol.outputs import FinishReason, Hypothesis, TokenOutput
from service.engine.protocol.request import Request
from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_tokenizer

TEXTS = ("red", "rose", "ran")
CHAT = {"messages": [{"role": "user", "content": "x"}]}
ROUTES: list[tuple[str, dict[str, Any]]] = [("/v1/completions", {"prompt": "x"}), ("/v1/chat/completions", CHAT)]


def script(request: Request) -> Iterator[TokenOutput]:
    """A search whose beams agree on the first letter at once, and on all others at the end."""
    assert request.params.beams is not None
    tokenizer = byte_tokenizer()
    found = [
        Hypothesis((*tokenizer.encode(text, add_special_tokens=False), EOS), -0.5 * n)
        for n, text in enumerate(TEXTS, 1)
    ]
    found = found[: request.params.beams.num_return]
    first, *rest = found[0].tokens
    yield TokenOutput(request.id, first)
    for token in rest[:-1]:
        yield TokenOutput(request.id, token)
    yield TokenOutput(request.id, rest[-1], finish=FinishReason.STOP, hypotheses=tuple(found))


@pytest.fixture
def service() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine(script)) as service:
        yield service


def text_of(choice: dict[str, Any]) -> str:
    return str(choice["text"] if "text" in choice else choice["message"]["content"])


@pytest.mark.parametrize(("path", "body"), ROUTES)
def test_the_best_texts_come_with_their_scores(service: Scripted, path: str, body: dict[str, Any]) -> None:
    search = {"use_beam_search": True, "n": 2, "best_of": 4, "length_penalty": 2, "early_stopping": "never"}
    answer = service.http.post(path, json=body | search | {"temperature": 0, "no_repeat_ngram_size": 3}).json()
    assert [(choice["index"], text_of(choice), choice["score"]) for choice in answer["choices"]] == [
        (0, "red", -0.5),
        (1, "rose", -1.0),
    ]
    assert {choice["finish_reason"] for choice in answer["choices"]} == {"stop"}
    assert answer["usage"]["completion_tokens"] == 4 + 5
    (request,) = service.engine.requests
    assert request.params.beams == BeamParams(num_beams=4, length_penalty=2.0, early_stopping="never", num_return=2)
    assert request.params.no_repeat_ngram_size == 3


@pytest.mark.parametrize(("path", "body"), ROUTES)
def test_a_stream_has_all_texts(service: Scripted, path: str, body: dict[str, Any]) -> None:
    response = service.http.post(path, json=body | {"use_beam_search": True, "n": 3, "stream": True})
    texts, scores = dict.fromkeys(range(3), ""), {}
    for chunk in events(response):
        for choice in chunk["choices"]:
            texts[choice["index"]] += choice.get("text") or choice.get("delta", {}).get("content") or ""
            if choice["finish_reason"]:
                scores[choice["index"]] = choice["score"]
    assert texts == dict(enumerate(TEXTS))
    assert scores == {0: -0.5, 1: -1.0, 2: -1.5}


def test_generate_searches_for_one_text(service: Scripted) -> None:
    answer = service.http.post("/v1/generate", json={"prompt": "x", "num_beams": 5}).json()
    assert (answer["text"], answer["score"]) == ("red", -0.5)
    assert service.engine.requests[0].params.beams == BeamParams(num_beams=5)


def test_generate_has_the_best_texts_in_one_list(service: Scripted) -> None:
    body = {"prompt": "x", "num_beams": 5, "num_return_sequences": 3}
    answer = service.http.post("/v1/generate", json=body).json()
    assert answer["sequences"] == [
        {"text": text, "finish_reason": "stop", "score": -0.5 * number} for number, text in enumerate(TEXTS, 1)
    ]
    assert service.engine.requests[0].params.beams == BeamParams(num_beams=5, num_return=3)


def test_a_stop_string_ends_the_text_and_not_the_search_for_others(service: Scripted) -> None:
    body = {"prompt": "x", "use_beam_search": True, "best_of": 3, "stop": "e"}
    (choice,) = service.http.post("/v1/completions", json=body).json()["choices"]
    assert (choice["text"], choice["finish_reason"], "score" in choice) == ("r", "stop", False)
    assert service.engine.streams[-1].aborted
    choices = service.http.post("/v1/completions", json=body | {"n": 2}).json()["choices"]
    assert [choice["text"] for choice in choices] == ["r", "ros"]


def test_a_choice_that_the_search_has_not_found_is_an_error(service: Scripted) -> None:
    response = service.http.post("/v1/completions", json={"prompt": "x", "use_beam_search": True, "n": 4})
    assert response.status_code == 400
    assert "found fewer texts" in response.json()["error"]["message"]


@pytest.mark.parametrize("kind", ["completions", "chat/completions", "generate"])
@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"temperature": 0.5}, "temperature"),
        ({"top_p": 0.5}, "top_p"),
        ({"top_k": 5}, "top_k"),
        ({"min_p": 0.1}, "min_p"),
        ({"length_penalty": 6}, "length_penalty"),
        ({"early_stopping": "now"}, "early_stopping"),
        ({"logprobs": 1}, None),
        ({"n": 9}, "n"),
        ({"best_of": 99, "num_beams": 99}, None),
    ],
)
def test_what_a_search_cannot_do_is_refused(
    service: Scripted, kind: str, fields: dict[str, Any], param: str | None
) -> None:
    start: dict[str, Any] = {"prompt": "x"} if kind != "chat/completions" else CHAT
    search = {"num_beams": 4} if kind == "generate" else {"use_beam_search": True, "best_of": 4}
    if kind == "chat/completions" and "logprobs" in fields:
        fields = {"logprobs": True}
    response = refused(service, kind, start | search | fields)
    if param is not None:
        assert response.json()["error"]["param"] == param


def refused(service: Scripted, kind: str, body: dict[str, Any]) -> httpx.Response:
    response = service.http.post(f"/v1/{kind}", json=body)
    assert response.status_code in (400, 422), response.text
    return response


@pytest.mark.parametrize(
    ("kind", "fields", "param"),
    [
        ("completions", {"length_penalty": 2}, "length_penalty"),
        ("completions", {"early_stopping": True}, "early_stopping"),
        ("completions", {"use_beam_search": True}, "use_beam_search"),
        ("chat/completions", {"best_of": 2}, "best_of"),
        ("generate", {"length_penalty": 2}, "length_penalty"),
        ("generate", {"num_beams": 2, "num_return_sequences": 3}, "num_return_sequences"),
        ("generate", {"num_return_sequences": 2, "temperature": 0}, "num_return_sequences"),
        ("generate", {"num_return_sequences": 1000}, "num_return_sequences"),
    ],
)
def test_fields_of_a_search_need_one(service: Scripted, kind: str, fields: dict[str, Any], param: str) -> None:
    start: dict[str, Any] = {"prompt": "x"} if kind != "chat/completions" else CHAT
    assert refused(service, kind, start | fields).json()["error"]["param"] == param


def test_fields_of_a_search_may_say_that_there_is_none(service: Scripted) -> None:
    engine = ScriptedEngine()
    neutral = {"use_beam_search": False, "length_penalty": 1, "early_stopping": False, "best_of": 1}
    with scripted_service(engine) as plain:
        for path, body in ROUTES:
            assert plain.http.post(path, json=body | neutral).status_code == 200
    assert all(request.params.beams is None for request in engine.requests)
