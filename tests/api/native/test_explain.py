"""``POST /v1/explain``: its numbers are those of transformers, with and without a token; wrong requests are refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from service.tasks.explanation import explainer
from tests.api.scripted import Scripted
from tests.running_server import Server

TEXT = "the lighthouse keeper lights the lamp at dusk"


@pytest.fixture(scope="module")
def model(four_models_files: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(four_models_files / "chat", dtype=torch.float32).eval()


def explain(server: Server, **fields: Any) -> dict[str, Any]:
    answer = server.http.post("/v1/explain", json={"model": "chat", "text": TEXT} | fields)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@torch.inference_mode()
def last_logprobs(model: Any, ids: list[int]) -> torch.Tensor:
    logits: torch.Tensor = model(torch.tensor([ids])).logits
    return logits[0].float().log_softmax(-1)


def test_each_token_has_the_log_probability_of_transformers(four_models: Server, model: Any) -> None:
    answer = explain(four_models, top_logprobs=3)
    tokens = answer["tokens"]
    ids = [token["id"] for token in tokens]
    due = last_logprobs(model, ids)
    assert answer["attribution"] is None
    assert "".join(TEXT[token["start"] : token["end"]] for token in tokens) == TEXT
    assert [token["index"] for token in tokens] == list(range(len(ids)))
    assert (tokens[0]["logprob"], tokens[0]["top"]) == (None, [])
    for token in tokens[1:]:
        place = token["index"] - 1
        assert token["logprob"] == pytest.approx(float(due[place][token["id"]]), abs=1e-3)
        assert [each["logprob"] for each in token["top"]] == pytest.approx(due[place].topk(3).values.tolist(), abs=1e-3)


def test_each_score_is_what_leaving_the_token_out_costs_in_transformers(four_models: Server, model: Any) -> None:
    ids = [token["id"] for token in explain(four_models)["tokens"]]
    token = len(ids) - 1
    answer = explain(four_models, token=token, method="leave_one_out")
    attribution = answer["attribution"]
    whole = float(last_logprobs(model, ids[:token])[-1][ids[token]])
    assert (attribution["token"], attribution["method"]) == (token, "leave_one_out")
    assert attribution["logprob"] == pytest.approx(whole, abs=1e-3)
    assert [each["index"] for each in attribution["inputs"]] == list(range(token))
    for each in attribution["inputs"]:
        without = ids[: each["index"]] + ids[each["index"] + 1 : token]
        due = whole - float(last_logprobs(model, without)[-1][ids[token]])
        assert each["score"] == pytest.approx(due, abs=2e-3)
    assert answer["usage"]["completion_tokens"] == token
    assert answer["usage"]["prompt_tokens"] == len(ids) + token * (token - 1)


def test_a_long_text_leaves_out_only_the_last_tokens(four_models: Server) -> None:
    text = "the day " * 90
    tokens = explain(four_models, text=text)["tokens"]
    attribution = explain(four_models, text=text, token=len(tokens) - 1)["attribution"]
    assert len(tokens) > explainer.MOST_LEFT_OUT + 1
    assert [each["index"] for each in attribution["inputs"]] == list(range(len(tokens)))[
        -1 - explainer.MOST_LEFT_OUT : -1
    ]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"token": 9}, "token"),
        ({"token": 0}, "token"),
        ({"token": 1}, "token"),
        ({"token": -1}, "token"),
        ({"text": ""}, "text"),
        ({"method": "gradient", "token": 2}, "method"),
        ({"method": "leave_one_out"}, "method"),
        ({"top_logprobs": 21}, "top_logprobs"),
    ],
)
def test_wrong_requests_are_refused(hello: Scripted, fields: dict[str, Any], param: str) -> None:
    answer = hello.http.post("/v1/explain", json={"text": "abc"} | fields)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)


def test_an_explanation_makes_way_for_all_others(hello: Scripted) -> None:
    assert hello.http.post("/v1/explain", json={"text": "abcd", "token": 3}).status_code == 200
    whole, *without = hello.engine.requests[-4:]
    assert {request.priority for request in (whole, *without)} == {1000}
    assert [hello.engine.tokenizer.decode(request.prompt) for request in (whole, *without)] == [
        "abcd",
        "bc",
        "ac",
        "ab",
    ]
    assert {request.params.allowed_token_ids for request in without} == {whole.prompt[3:]}
