"""The routes of llama.cpp's server: over a scripted engine, and over a real one."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.compat.streams import tgi_events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine, filling_engine
from tests.running_server import Server


def complete(service: Scripted, **fields: Any) -> httpx.Response:
    return service.http.post("/completion", json={"prompt": "x"} | fields)


def test_an_answer_says_everything(hello: Scripted) -> None:
    answer = complete(hello, n_predict=9, seed=7, temperature=0.5, stop=["!"]).json()
    assert (answer["content"], answer["stop"], answer["stop_type"]) == ("Hello", True, "eos")
    assert (answer["prompt"], answer["model"], answer["tokens"]) == ("x", "org/tiny", [])
    assert (answer["tokens_evaluated"], answer["tokens_cached"], answer["tokens_predicted"]) == (1, 1, 6)
    assert (answer["truncated"], answer["has_new_line"], answer["stopping_word"]) == (False, False, "")
    assert "completion_probabilities" not in answer
    settings = answer["generation_settings"]
    assert (settings["n_ctx"], settings["n_predict"], settings["seed"], settings["stop"]) == (10_000, 9, 7, ["!"])
    assert min(answer["timings"].values()) >= 0
    assert complete(hello, n_predict=2).json()["stop_type"] == "limit"
    word = complete(hello, stop=["ll"]).json()
    assert (word["content"], word["stop_type"], word["stopping_word"]) == ("He", "word", "ll")


def test_a_stream(hello: Scripted) -> None:
    *parts, last = tgi_events(complete(hello, stream=True, n_probs=1))
    assert "".join(part["content"] for part in parts) == "Hello"
    ids = [token for part in parts for token in part["tokens"]]
    assert ids == hello.engine.tokenizer.encode("Hello")
    assert [each["id"] for part in parts for each in part["completion_probabilities"]] == ids
    assert {part["stop"] for part in parts} == {False}
    assert (last["content"], last["stop"], last["stop_type"]) == ("", True, "eos")


def test_probabilities_and_tokens(hello: Scripted) -> None:
    answer = complete(hello, n_probs=2, return_tokens=True).json()
    assert answer["tokens"] == hello.engine.tokenizer.encode("Hello")
    first = answer["completion_probabilities"][0]
    assert (first["token"], first["bytes"], first["logprob"]) == ("H", [ord("H")], -0.5)
    assert [each["logprob"] for each in first["top_logprobs"]] == [-0.25, -0.5]
    assert len(answer["completion_probabilities"]) == 5


def test_options_reach_the_engine(hello: Scripted) -> None:
    same: dict[str, Any] = {"temperature": 0.5, "top_k": 7, "top_p": 0.6, "min_p": 0.1, "seed": 42}
    same |= {"presence_penalty": 0.3, "frequency_penalty": 0.4}
    assert complete(hello, repeat_penalty=1.2, repeat_last_n=-1, logit_bias=[[5, 1.5], [6, False]], **same).is_success
    params = hello.engine.requests[-1].params
    assert {name: getattr(params, name) for name in same} == same
    assert (params.repetition_penalty, params.logit_bias) == (1.2, {5: 1.5, 6: -100})
    assert complete(hello, logit_bias={"5": 2}, temperature=-1, top_k=-1).is_success
    params = hello.engine.requests[-1].params
    assert (params.logit_bias, params.temperature, params.top_k) == ({5: 2}, 0, 0)
    assert complete(hello).is_success
    params = hello.engine.requests[-1].params
    assert (params.temperature, params.top_k, params.top_p, params.min_p) == (0.8, 40, 0.95, 0.05)
    assert (params.max_tokens, params.constraint) == (512, None)
    assert complete(hello, n_predict=-1).is_success
    assert hello.engine.requests[-1].params.max_tokens == 9_999


def test_without_the_cache_every_prompt_is_computed(hello: Scripted) -> None:
    salts = set()
    for cached in (True, True, False, False):
        assert complete(hello, cache_prompt=cached).is_success
        salts.add(hello.engine.requests[-1].cache_salt)
    assert len(salts) == 3


def test_a_prompt_of_texts_and_tokens(hello: Scripted) -> None:
    ids = hello.engine.tokenizer.encode("ab")
    for prompt in ("abab", ["abab"], [*ids, *ids], [*ids, "ab"], ["ab", *ids]):
        assert complete(hello, prompt=prompt).json()["prompt"] == "abab"


@pytest.mark.parametrize(
    "fields", [{"grammar": 'root ::= "a"'}, {"json_schema": {"type": "object"}}, {"json_schema": {}}]
)
def test_a_structure_constrains_the_text(hello: Scripted, fields: dict[str, Any]) -> None:
    assert complete(hello, **fields).is_success
    assert hello.engine.requests[-1].params.constraint is not None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"prompt": ["a", "b"]}, "prompt"),
        ({"prompt": []}, "prompt"),
        ({"prompt": {}}, "prompt"),
        ({"prompt": [-1]}, "prompt"),
        ({"prompt": [300]}, "prompt"),
        ({"mirostat": 1}, "mirostat"),
        ({"typical_p": 0.5}, "typical_p"),
        ({"dynatemp_range": 0.5}, "dynatemp_range"),
        ({"xtc_probability": 0.5}, "xtc_probability"),
        ({"dry_multiplier": 0.8}, "dry_multiplier"),
        ({"top_n_sigma": 1}, "top_n_sigma"),
        ({"min_keep": 5}, "min_keep"),
        ({"samplers": ["top_k"]}, "samplers"),
        ({"repeat_penalty": 1.1, "repeat_last_n": 64}, "repeat_last_n"),
        ({"n_cmpl": 2}, "n_cmpl"),
        ({"n_indent": 4}, "n_indent"),
        ({"t_max_predict_ms": 100}, "t_max_predict_ms"),
        ({"id_slot": 3}, "id_slot"),
        ({"timings_per_token": True}, "timings_per_token"),
        ({"return_progress": True}, "return_progress"),
        ({"post_sampling_probs": True}, "post_sampling_probs"),
        ({"response_fields": ["content"]}, "response_fields"),
        ({"lora": [{"id": 0, "scale": 1}]}, "lora"),
        ({"n_probs": 99}, "n_probs"),
        ({"n_predict": 50_000}, "the output"),
        ({"logit_bias": [["a", 1]]}, "logit_bias"),
        ({"logit_bias": [[5, 1, 2]]}, "logit_bias"),
        ({"logit_bias": [[5, True]]}, "logit_bias"),
        ({"grammar": "root ::= ("}, "grammar"),
        ({"grammar": "x", "json_schema": {}}, "exclude each other"),
        ({"json_schema": {"not": {}}}, "json_schema"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_by_name(hello: Scripted, fields: dict[str, Any], field: str) -> None:
    for stream in (False, True):
        response = complete(hello, **fields, stream=stream)
        error = response.json()["error"]
        assert (response.status_code, error["code"], error["type"]) == (400, 400, "invalid_request_error")
        assert field in error["message"]


def test_samplers_that_are_off_are_accepted(hello: Scripted) -> None:
    off: dict[str, Any] = {"mirostat": 0, "typical_p": 1.0, "dynatemp_range": 0.0, "xtc_probability": 0.0}
    off |= {"dry_multiplier": 0.0, "dry_base": 1.75, "dry_allowed_length": 2, "dry_sequence_breakers": ["\n"]}
    off |= {"mirostat_tau": 5.0, "xtc_threshold": 0.1, "top_n_sigma": -1, "repeat_last_n": 64, "repeat_penalty": 1.0}
    off |= {"n_keep": -1, "id_slot": -1, "n_cache_reuse": 0, "min_keep": 0, "lora": []}
    response = complete(hello, **off)
    assert response.is_success
    assert "x-ignored-params" not in response.headers


def test_an_error_in_a_stream_is_its_last_event() -> None:
    with scripted_service(ScriptedEngine(fails_at=2)) as service:
        *parts, last = tgi_events(complete(service, stream=True))
        assert "".join(part["content"] for part in parts) == "He"
        assert last["error"] == {"code": 500, "message": "The service failed on this request", "type": "server_error"}


def test_other_routes(encoder_service: Scripted) -> None:
    http = encoder_service.http
    messages = [{"role": "user", "content": "x"}]
    assert http.post("/apply-template", json={"messages": messages}).json() == {"prompt": "user: x\nassistant: "}
    vectors = http.post("/embedding", json={"content": ["When?", "It rains."]}).json()
    assert [each["index"] for each in vectors] == [0, 1]
    assert [sum(x * x for x in each["embedding"][0]) for each in vectors] == pytest.approx([1, 1])
    props = http.get("/props").json()
    assert (props["default_generation_settings"]["n_ctx"], props["model_alias"]) == (10_000, "org/tiny")
    assert "message" in props["chat_template"]
    slots = http.get("/slots").json()
    assert len(slots) == props["total_slots"]
    assert not any(slot["is_processing"] for slot in slots)


@pytest.fixture(scope="module")
def filler() -> Iterator[Scripted]:
    """A service whose tokenizer has marks of gaps."""
    with scripted_service(filling_engine()) as service:
        yield service


def infill(service: Scripted, **fields: Any) -> httpx.Response:
    return service.http.post("/infill", json={"input_prefix": "a", "input_suffix": "b"} | fields)


def test_a_gap_is_filled_in(filler: Scripted) -> None:
    answer = infill(filler, n_predict=3, prompt="c").json()
    assert (answer["content"], answer["stop"], answer["model"]) == ("Hel", True, "org/tiny")
    assert answer["prompt"] == "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>c"
    marks = set(filler.engine.tokenizer.added_tokens.values())
    assert marks == set(filler.engine.requests[-1].params.stop_token_ids)
    *parts, last = tgi_events(infill(filler, stream=True, n_predict=3))
    assert ("".join(part["content"] for part in parts), last["stop_type"]) == ("Hel", "limit")


def test_other_files_come_before_the_gap(filler: Scripted) -> None:
    files = [{"filename": "one.py", "text": "x"}, {"text": "y"}]
    prompt = infill(filler, input_extra=files, n_predict=1).json()["prompt"]
    names = "<|repo_name|>myproject\n<|file_sep|>one.py\nx\n<|file_sep|>tmp\ny\n<|file_sep|>filename\n"
    assert prompt == f"{names}<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"input_suffix": None}, "input_suffix"),
        ({"input_prefix": [1]}, "input_prefix"),
        ({"input_extra": [{"filename": "x"}]}, "input_extra.0.text"),
        ({"input_extra": "x"}, "input_extra"),
        ({"prompt": [1, 2]}, "prompt"),
        ({"n_indent": 4}, "n_indent"),
        ({"mirostat": 1}, "mirostat"),
    ],
)
def test_a_wrong_gap_is_refused_by_name(filler: Scripted, fields: dict[str, Any], field: str) -> None:
    error = infill(filler, **fields).json()["error"]
    assert (error["code"], error["type"]) == (400, "invalid_request_error")
    assert field in error["message"]


def test_a_model_without_marks_cannot_fill_in(hello: Scripted) -> None:
    error = infill(hello).json()["error"]
    assert (error["code"], error["type"]) == (400, "invalid_request_error")
    assert error["message"].startswith("input_suffix: this model's tokenizer has no fill-in-the-middle tokens")


def test_slots_in_use() -> None:
    engine = ScriptedEngine(holds_at=1)
    body = {"prompt": "x", "stream": True}
    with scripted_service(engine) as service, service.http.stream("POST", "/completion", json=body):
        assert engine.holding.wait(20)
        assert [slot["is_processing"] for slot in httpx.get(f"{service.url}/slots").json()][:2] == [True, False]
        engine.release()


def test_a_real_service(four_models: Server) -> None:
    body: dict[str, Any] = {"prompt": "Name a river.", "n_predict": 8, "temperature": 0}
    answer = four_models.http.post("/completion", json=body).json()
    other = {"prompt": "Name a river.", "max_tokens": 8, "temperature": 0}
    assert answer["content"] == four_models.http.post("/v1/completions", json=other).json()["choices"][0]["text"]
    parts = tgi_events(four_models.http.post("/completion", json=body | {"stream": True}))
    assert "".join(part["content"] for part in parts) == answer["content"]
    grammar = {"grammar": 'root ::= "yes" | "no"', "temperature": 1.0}
    assert four_models.http.post("/completion", json=body | grammar).json()["content"] in {"yes", "no"}
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    strict = {"json_schema": schema | {"additionalProperties": False}, "n_predict": 50}
    assert set(json.loads(four_models.http.post("/completion", json=body | strict).json()["content"])) == {"ok"}
