"""TGI's routes over a scripted engine: what is sent to the engine, and what is answered."""

import json
from typing import Any

import httpx
import msgspec
import pytest

from tests.api.compat.streams import tgi_events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS


def generate(service: Scripted, inputs: str = "x", **parameters: Any) -> httpx.Response:
    return service.http.post("/generate", json={"inputs": inputs, "parameters": parameters})


def stream(service: Scripted, inputs: str = "x", **parameters: Any) -> list[dict[str, Any]]:
    return tgi_events(service.http.post("/generate_stream", json={"inputs": inputs, "parameters": parameters}))


def test_a_text_without_details(hello: Scripted) -> None:
    response = generate(hello, max_new_tokens=9)
    assert response.json() == {"generated_text": "Hello"}
    assert response.headers["x-prompt-tokens"] == "1"
    assert int(response.headers["x-generated-tokens"]) == 6
    assert int(response.headers["x-queue-time"]) == 500
    params = hello.engine.requests[-1].params
    assert (params.max_tokens, params.temperature, params.logprobs, params.prompt_logprobs) == (9, 0, None, None)


def test_details(hello: Scripted) -> None:
    details = generate(hello, "ab", details=True, decoder_input_details=True, top_n_tokens=2).json()["details"]
    assert (details["finish_reason"], details["generated_tokens"], details["seed"]) == ("eos_token", 6, None)
    assert [token["text"] for token in details["prefill"]] == ["a", "b"]
    assert [token["logprob"] for token in details["prefill"]] == [None, -0.5]
    assert "".join(token["text"] for token in details["tokens"]) == "Hello"
    assert [token["special"] for token in details["tokens"]] == [False] * 5 + [True]
    assert details["tokens"][-1]["id"] == EOS
    assert {token["logprob"] for token in details["tokens"]} == {-0.5}
    assert details["top_tokens"][0] == [
        {"id": 65, "text": hello.engine.tokenizer.token_text(65), "logprob": -0.25, "special": False},
        {"id": details["tokens"][0]["id"], "text": "H", "logprob": -0.5, "special": False},
    ]
    assert generate(hello, details=True, max_new_tokens=2).json()["details"]["finish_reason"] == "length"


def test_a_stream_has_an_event_for_each_token(hello: Scripted) -> None:
    *events, last = stream(hello, details=True, top_n_tokens=1, seed=5, do_sample=True)
    assert [event["index"] for event in (*events, last)] == [1, 2, 3, 4, 5, 6]
    assert "".join(event["token"]["text"] for event in events) == "Hello"
    assert all(event["generated_text"] is None and event["details"] is None for event in events)
    assert [len(event["top_tokens"]) for event in events] == [1] * 5
    assert last["generated_text"] == "Hello"
    assert last["token"]["special"]
    assert last["details"] == {"finish_reason": "eos_token", "generated_tokens": 6, "seed": 5, "input_length": 1}
    assert stream(hello)[-1]["details"] is None


@pytest.mark.parametrize("parameters", [{"stop": ["ll"]}, {"stop": ["lx", "lo"]}, {"stop": ["Hellx"]}, {}])
def test_the_texts_of_the_tokens_are_the_text(hello: Scripted, parameters: dict[str, Any]) -> None:
    """Also if text is held back, since it could begin a stop string."""
    events = stream(hello, **parameters)
    text = events[-1]["generated_text"]
    assert "".join(event["token"]["text"] for event in events) == text
    whole = generate(hello, details=True, **parameters).json()
    assert whole["generated_text"] == text
    assert "".join(token["text"] for token in whole["details"]["tokens"]) == text


def test_a_character_of_several_tokens_belongs_to_the_last() -> None:
    with scripted_service(ScriptedEngine(text="a你👍")) as service:
        texts = [event["token"]["text"] for event in stream(service)]
        assert texts == ["a", "", "", "你", "", "", "", "👍", ""]


def test_a_stop_string_is_part_of_the_text(hello: Scripted) -> None:
    answer = generate(hello, stop=["ll"], details=True).json()
    assert answer["generated_text"] == "Hell"
    assert answer["details"]["finish_reason"] == "stop_sequence"
    assert generate(hello, stop=["ll"], include_stop_str_in_output=False).json()["generated_text"] == "He"


def test_the_full_text_begins_with_the_prompt(hello: Scripted) -> None:
    assert generate(hello, "ab ", return_full_text=True).json()["generated_text"] == "ab Hello"
    assert stream(hello, "ab ", return_full_text=True)[-1]["generated_text"] == "ab Hello"


def test_a_prompt_is_cut_to_its_last_tokens(hello: Scripted) -> None:
    assert generate(hello, "abcdef", truncate=2, return_full_text=True).json()["generated_text"] == "abcdefHello"
    assert hello.engine.tokenizer.decode(hello.engine.requests[-1].prompt) == "ef"
    assert generate(hello, "abc", truncate=5).status_code == 200
    assert hello.engine.tokenizer.decode(hello.engine.requests[-1].prompt) == "abc"


def test_sampling(hello: Scripted) -> None:
    same: dict[str, Any] = {
        "temperature": 0.5,
        "top_k": 7,
        "top_p": 0.6,
        "repetition_penalty": 1.2,
        "frequency_penalty": 0.4,
    }
    assert generate(hello, "x", seed=42, **same).status_code == 200
    params = hello.engine.requests[-1].params
    assert {name: getattr(params, name) for name in same} == same
    assert params.seed == 42
    for given, temperature in (
        ({}, 0),
        ({"do_sample": False}, 0),
        ({"do_sample": True}, 1),
        ({"top_k": 5}, 1),
        ({"top_p": 0.5}, 1),
        ({"do_sample": True, "temperature": 0}, 0),
    ):
        details = generate(hello, details=True, **given).json()["details"]
        params = hello.engine.requests[-1].params
        assert params.temperature == temperature
        assert details["seed"] == (params.seed if temperature else None)


def test_the_likeliest_text_is_the_best() -> None:
    class Varied(ScriptedEngine):
        """The second choice has tokens of twice the log probability."""

        def _generate(self, request: Any) -> Any:
            for output in super()._generate(request):
                better = request.id.endswith("-1")
                yield _with_logprob(output, -0.1 if better else -0.7)

    with scripted_service(Varied()) as service:
        answer = generate(service, best_of=3, do_sample=True, details=True).json()
        assert len(service.engine.requests) == 3
        assert {token["logprob"] for token in answer["details"]["tokens"]} == {-0.1}
        others = answer["details"]["best_of_sequences"]
        assert [{token["logprob"] for token in other["tokens"]} for other in others] == [{-0.7}] * 2


def _with_logprob(output: Any, logprob: float) -> Any:
    return msgspec.structs.replace(output, logprob=msgspec.structs.replace(output.logprob, logprob=logprob))


@pytest.mark.parametrize(
    "grammar",
    [
        {"type": "json", "value": {"properties": {"a": {"type": "integer"}}}},
        {"type": "json", "value": json.dumps({"type": "object"})},
        {"type": "json_object", "value": {"type": "object"}},
        {"type": "json_schema", "value": {"name": "x", "schema": {"type": "object"}}},
        {"type": "regex", "value": "[0-9]+"},
    ],
)
def test_a_grammar_constrains_the_text(hello: Scripted, grammar: dict[str, Any]) -> None:
    assert generate(hello, grammar=grammar).status_code == 200
    assert hello.engine.requests[-1].params.constraint is not None


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"typical_p": 0.9}, "parameters.typical_p"),
        ({"watermark": True}, "parameters.watermark"),
        ({"best_of": 2}, "parameters.best_of"),
        ({"best_of": 99, "do_sample": True}, "parameters.best_of"),
        ({"top_n_tokens": 99}, "parameters.top_n_tokens"),
        ({"truncate": 0}, "parameters.truncate"),
        ({"max_new_tokens": 0}, "parameters.max_new_tokens"),
        ({"max_new_tokens": 50_000}, "the output"),
        ({"temperature": 5}, "parameters.temperature"),
        ({"stop": ["x"] * 99}, "stop"),
        ({"adapter_id": "nobody"}, ""),
        ({"grammar": {"type": "regex", "value": {}}}, "parameters.grammar"),
        ({"grammar": {"type": "json", "value": "{"}}, "parameters.grammar"),
        ({"grammar": {"type": "json", "value": "[]"}}, "parameters.grammar"),
        ({"grammar": {"type": "json_schema", "value": {}}}, "parameters.grammar"),
        ({"grammar": {"type": "json", "value": {"not": {}}}}, "parameters.grammar"),
        ({"grammar": {"type": "lark", "value": "x"}}, "parameters.grammar.type"),
        ({"tools": [{}]}, "parameters.tools"),
        ({"num_beams": 4}, "parameters.num_beams"),
        ({"num_beams": 4, "num_return_sequences": 2}, "parameters.num_"),
        ({"length_penalty": 2.0}, "parameters.length_penalty"),
        ({"early_stopping": True}, "parameters.early_stopping"),
        ({"min_new_tokens": 3}, "parameters.min_new_tokens"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_name(hello: Scripted, parameters: dict[str, Any], field: str) -> None:
    for path in ("/generate", "/generate_stream", "/pipeline/text-generation"):
        response = hello.http.post(path, json={"inputs": "x", "parameters": parameters})
        assert response.status_code == (404 if "adapter_id" in parameters else 400)
        assert response.json()["error_type"] == "validation"
        assert field in response.json()["error"]


def test_fields_of_a_search_may_say_that_there_is_none(hello: Scripted) -> None:
    neutral: dict[str, Any] = {
        "num_beams": 1,
        "num_return_sequences": 1,
        "length_penalty": 1.0,
        "early_stopping": False,
    }
    assert generate(hello, no_repeat_ngram_size=3, **neutral).status_code == 200
    params = hello.engine.requests[-1].params
    assert (params.beams, params.no_repeat_ngram_size) == (None, 3)


@pytest.mark.parametrize("parameters", [{"best_of": 2, "do_sample": True}, {"decoder_input_details": True}])
def test_what_a_stream_cannot_do_is_refused(hello: Scripted, parameters: dict[str, Any]) -> None:
    response = hello.http.post("/generate_stream", json={"inputs": "x", "parameters": parameters})
    assert (response.status_code, response.json()["error_type"]) == (400, "validation")
    assert f"parameters.{next(iter(parameters))}: a stream" in response.json()["error"]


def test_each_route_has_one_form(hello: Scripted) -> None:
    refused = hello.http.post("/generate", json={"inputs": "x", "stream": True})
    assert (refused.status_code, refused.json()["error"]) == (400, "stream: use POST /generate_stream")
    assert hello.http.post("/generate_stream", json={"inputs": "x", "stream": False}).status_code == 400
    assert hello.http.post("/generate_stream", json={"inputs": "", "stream": True}).status_code == 400


def test_errors_have_the_types_that_clients_know() -> None:
    with scripted_service(max_requests=1) as service:
        response = generate(service, best_of=2, do_sample=True)
        assert response.status_code in {400, 429}
        assert response.json()["error_type"] == ("overloaded" if response.status_code == 429 else "validation")
    with scripted_service(ScriptedEngine(fails_at=2)) as service:
        response = generate(service)
        assert (response.status_code, response.json()["error_type"]) == (500, "generation")
        *events, last = stream(service)
        assert "".join(event["token"]["text"] for event in events) == "He"
        assert last == {"error": "The service failed on this request", "error_type": "generation"}


def test_the_root_answers_with_a_list_or_a_stream(hello: Scripted) -> None:
    for path in ("/", "/models/org/tiny", "/pipeline/text-generation", "/models/org/tiny/pipeline/text-generation"):
        body: dict[str, Any] = {"inputs": "x", "parameters": {"max_new_tokens": 3}}
        assert hello.http.post(path, json=body).json() == [{"generated_text": "Hel"}]
        others: list[dict[str, Any]] = [{}, {"stream": False}, {"parameters": {}}, {"parameters": None}]
        for fields in others:
            assert hello.http.post(path, json={"inputs": "x"} | fields).json() == [{"generated_text": "Hello"}]
        events = tgi_events(hello.http.post(path, json=body | {"stream": True}))
        assert events[-1]["generated_text"] == "Hel"


def test_chat_tokenize(hello: Scripted) -> None:
    body = {"messages": [{"role": "user", "content": "é"}]}
    answer = hello.http.post("/chat_tokenize", json=body).json()
    text = answer["templated_text"]
    assert text == "user: é\nassistant: "
    tokens = answer["tokenize_response"]
    assert [token["id"] for token in tokens] == hello.engine.tokenizer.encode(text)
    assert all(token["text"] == text[token["start"] : token["stop"]] for token in tokens)


def test_info(hello: Scripted) -> None:
    info = hello.http.get("/info").json()
    assert (info["model_id"], info["max_total_tokens"], info["max_input_tokens"]) == ("org/tiny", 10_000, 9_999)
    with scripted_service(load="demand") as service:
        assert service.http.get("/info").json()["max_total_tokens"] is None
