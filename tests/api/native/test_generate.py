"""``/v1/generate``."""

from typing import Any

import pytest

from tests.api.native.usage_checks import check_usage_and_timings
from tests.api.raw_http import events
from tests.api.scripted import Scripted


def test_generate(chinese: Scripted) -> None:
    response = chinese.http.post("/v1/generate", json={"prompt": "人工智能将改变世界", "max_length": 100})
    answer = response.json()
    assert "你好，世界" in response.text  # as a person reads it
    assert answer["id"].startswith("gen-")
    assert (answer["text"], answer["finish_reason"]) == ("你好，世界", "stop")
    check_usage_and_timings(answer, tokens=16)
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
    check_usage_and_timings(last, tokens=16)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "prompt"),
        ({"prompt": "x", "messages": [{"role": "user", "content": "x"}]}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x", "max_length": 5, "max_new_tokens": 6}, "max_length"),
        ({"prompt": "x", "max_new_tokens": 0}, "max_new_tokens"),
        ({"prompt": "x", "max_new_tokens": 20_000}, "max_new_tokens"),
        ({"prompt": "x", "max_length": 20_000}, "max_length"),
        ({"prompt": "x" * 20_000}, "prompt"),
        ({"prompt": "x", "n": 2}, "n"),
        ({"prompt": "x", "min_tokens": 9, "max_length": 8}, "min_tokens"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = hello.http.post("/v1/generate", json=body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_an_equal_length_under_two_names_is_accepted(hello: Scripted) -> None:
    body = {"prompt": "x", "max_length": 2, "max_new_tokens": 2, "max_tokens": None}
    assert hello.http.post("/v1/generate", json=body).json()["text"] == "He"
