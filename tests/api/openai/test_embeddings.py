"""``POST /v1/embeddings`` over a scripted encoder."""

import base64
import json
import struct
from typing import Any

import httpx
import pytest

from tests.api.encoders import ScriptedEncoders
from tests.api.scripted import Scripted
from tests.fakes.encoder import ScriptedEncoder

LONG = "The lighthouse keeper is Ada Lund. " * 20


@pytest.fixture(scope="module")
def encoder(encoders: ScriptedEncoders) -> ScriptedEncoder:
    return encoders.by_name["embedder"]


@pytest.fixture
def service(encoder_service: Scripted) -> Scripted:
    return encoder_service


def post(service: Scripted, **body: Any) -> httpx.Response:
    return service.http.post("/v1/embeddings", json={"input": "When?"} | body)


def test_each_form_of_input_has_its_vectors(service: Scripted, encoder: ScriptedEncoder) -> None:
    text = post(service).json()
    assert (text["object"], text["model"], len(text["data"])) == ("list", "embedder", 1)
    assert text["data"][0]["object"] == "embedding"
    tokens = encoder.requests[-1].inputs[0].tokens
    assert text["usage"] == {"prompt_tokens": len(tokens), "total_tokens": len(tokens)}
    texts = post(service, input=["The café opens.", "When?"]).json()
    assert [each["index"] for each in texts["data"]] == [0, 1]
    assert texts["data"][1]["embedding"] == text["data"][0]["embedding"]
    assert post(service, input=list(tokens)).json()["data"] == text["data"]
    rows = post(service, input=[list(tokens), [2, 9, 3]]).json()
    assert rows["data"][0]["embedding"] == text["data"][0]["embedding"]


def test_base64_holds_the_same_numbers(service: Scripted) -> None:
    floats = post(service, encoding_format="float").json()["data"][0]["embedding"]
    encoded = post(service, encoding_format="base64").json()["data"][0]["embedding"]
    assert list(struct.unpack("<4f", base64.b64decode(encoded))) == floats


def test_many_vectors_are_answered_as_few_are(service: Scripted, encoder: ScriptedEncoder) -> None:
    numbers, encoder.numbers = encoder.numbers, lambda each: [float(len(each.tokens) + n) for n in range(8000)]
    try:
        texts = post(service, input=["When?", "The café opens.", "When?"]).json()["data"]
        assert texts[0]["embedding"] == texts[2]["embedding"] == post(service).json()["data"][0]["embedding"]
        assert len(texts[1]["embedding"]) == 8000
    finally:
        encoder.numbers = numbers


def test_dimensions_prompts_and_truncation_are_obeyed(service: Scripted, encoder: ScriptedEncoder) -> None:
    cut = post(service, dimensions=2).json()["data"][0]["embedding"]
    assert len(cut) == 2
    assert sum(number**2 for number in cut) == pytest.approx(1, abs=1e-6)
    plain, query = len(encoder.requests[-1].inputs[0].tokens), post(service, input_type="query")
    assert query.json()["usage"]["prompt_tokens"] > plain
    assert post(service, prompt_name="query").json() == query.json()
    assert post(service, input=LONG, truncate=True).json()["usage"]["prompt_tokens"] == 64
    assert post(service, input=LONG, truncate_prompt_tokens=-1).json()["usage"]["prompt_tokens"] == 64


def test_the_request_has_the_priority_and_its_id_is_logged(service: Scripted, encoder: ScriptedEncoder) -> None:
    assert post(service, priority=7, user="me").status_code == 200
    assert encoder.requests[-1].priority == 7
    assert encoder.requests[-1].id.startswith("embd-")


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"input": None}, "input", "invalid_value"),
        ({"input": []}, "input", "invalid_value"),
        ({"input": [[]]}, "input", "invalid_value"),
        ({"input": ["a", 1]}, "input", "invalid_value"),
        ({"input": [1, "a"]}, "input", "invalid_value"),
        ({"input": [[1], "a"]}, "input", "invalid_value"),
        ({"input": [True]}, "input", "invalid_value"),
        ({"input": [-1]}, "input", "invalid_value"),
        ({"input": [1 << 30]}, "input", "invalid_value"),
        ({"input": "\ud800"}, "input", "invalid_value"),
        ({"input": {"text": "a"}}, "input", "invalid_value"),
        ({"input": ["a"] * 5}, "input", "invalid_value"),
        ({"input": [[2, 9, 3]] * 5}, "input", "invalid_value"),
        ({"input": "a" * 1001}, "input", "invalid_value"),
        ({"input": LONG}, "input", "context_length_exceeded"),
        ({"input": [2, *[9] * 70, 3]}, "input", "context_length_exceeded"),
        ({"input": [791, 3388]}, "input", "invalid_value"),
        ({"input": [2, 5000, 3]}, "input", "invalid_value"),
        ({"dimensions": 0}, "dimensions", "invalid_value"),
        ({"dimensions": 5}, "dimensions", "invalid_value"),
        ({"encoding_format": "int8"}, "encoding_format", "invalid_value"),
        ({"input_type": "image"}, "input_type", "invalid_value"),
        ({"prompt_name": "other"}, "prompt_name", "invalid_value"),
        ({"input": [2, 9, 3], "prompt_name": "query"}, "prompt_name", "invalid_value"),
        ({"input": [2, 9, 3], "truncate": True}, "truncate", "invalid_value"),
        ({"truncate_prompt_tokens": 5}, "truncate_prompt_tokens", "invalid_value"),
        ({"late_chunking": True}, "late_chunking", "invalid_value"),
        ({"model": "reranker"}, "model", "incapable_model"),
        ({"model": "org/tiny"}, "model", "incapable_model"),
    ],
)
def test_what_cannot_be_served_is_refused(service: Scripted, body: dict[str, Any], param: str, code: str) -> None:
    answer = service.http.post(
        "/v1/embeddings", content=json.dumps({"input": "When?"} | body), headers={"content-type": "application/json"}
    )
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, param, code), error


def test_tokens_of_another_tokenizer_are_refused_with_advice(service: Scripted) -> None:
    message = post(service, input=[[2, 9, 3], [791, 3388, 13]]).json()["error"]["message"]
    assert "input 1" in message
    assert "check_embedding_ctx_length=False" in message


def test_an_unknown_model_is_404(service: Scripted) -> None:
    answer = post(service, model="other")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "model_not_found")
    assert "embedder" in answer.json()["error"]["message"]
