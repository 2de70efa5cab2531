"""``/v1/completions`` through the official client, and through httpx for the parts that the client hides."""

import itertools
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai import OpenAI

from service.engine.protocol.outputs import FinishReason, TokenLogprob, TokenOutput
from service.engine.protocol.request import Request
from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS


@pytest.fixture
def client(hello: Scripted) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{hello.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def post(service: Scripted, **body: Any) -> httpx.Response:
    return service.http.post("/v1/completions", json=body)


@pytest.mark.parametrize(
    ("prompt", "prompts"),
    [
        ("ab", ["ab"]),
        (["ab", "c"], ["ab", "c"]),
        ([65, 66], ["bc"]),
        ([[65], [66, 67]], ["b", "cd"]),
    ],
)
def test_every_kind_of_prompt(client: OpenAI, hello: Scripted, prompt: Any, prompts: list[str]) -> None:
    answer = client.completions.create(model="org/tiny", prompt=prompt)
    assert answer.object == "text_completion"
    assert [choice.text for choice in answer.choices] == ["Hello"] * len(prompts)
    submitted = hello.engine.requests[-len(prompts) :]
    assert [hello.engine.tokenizer.decode(request.prompt) for request in submitted] == prompts
    assert {request.params.max_tokens for request in submitted} == {16}


def test_choices_are_numbered_prompt_by_prompt(hello: Scripted) -> None:
    body = {"prompt": ["a", "b"], "n": 2, "echo": True}
    choices = post(hello, **body).json()["choices"]
    assert [(choice["index"], choice["text"]) for choice in choices] == [
        (0, "aHello"),
        (1, "aHello"),
        (2, "bHello"),
        (3, "bHello"),
    ]
    texts = dict.fromkeys(range(4), "")
    finishes: dict[int, list[str]] = {index: [] for index in range(4)}
    for chunk in events(post(hello, **body, stream=True)):
        assert chunk["object"] == "text_completion"
        (choice,) = chunk["choices"]
        texts[choice["index"]] += choice["text"]
        if choice["finish_reason"]:
            finishes[choice["index"]].append(choice["finish_reason"])
    assert texts == {0: "aHello", 1: "aHello", 2: "bHello", 3: "bHello"}
    assert finishes == {index: ["stop"] for index in range(4)}


def test_scoring_a_prompt(client: OpenAI) -> None:
    answer = client.completions.create(model="org/tiny", prompt="abc", max_tokens=0, echo=True, logprobs=2)
    (choice,) = answer.choices
    assert choice.text == "abc"
    assert choice.logprobs is not None
    assert choice.logprobs.tokens == ["a", "b", "c"]
    assert choice.logprobs.token_logprobs == [None, -0.5, -0.5]
    assert choice.logprobs.text_offset == [0, 1, 2]
    assert choice.logprobs.top_logprobs is not None
    assert choice.logprobs.top_logprobs[0] is None
    assert choice.logprobs.top_logprobs[2] == {"b": -0.25, "c": -0.5}
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 0


def test_lm_eval_request(hello: Scripted) -> None:
    """Token ids, echo, one token: the score of a continuation is a slice of the log probabilities."""
    body = {"prompt": [[65, 66, 67], [68, 69]], "max_tokens": 1, "temperature": 0, "seed": 1234}
    choices = post(hello, model="org/tiny", **body, echo=True, logprobs=1).json()["choices"]
    choices.sort(key=lambda choice: choice["index"])
    assert [len(choice["logprobs"]["token_logprobs"]) for choice in choices] == [4, 3]
    scores = choices[0]["logprobs"]
    assert scores["tokens"] == ["b", "c", "d", "H"]
    assert scores["token_logprobs"] == [None, -0.5, -0.5, -0.5]
    assert max(scores["top_logprobs"][1].values()) == -0.25  # so "c" was not the likeliest


def test_logprobs_without_echo_are_of_the_completion(hello: Scripted) -> None:
    choice = post(hello, prompt="ab", logprobs=0).json()["choices"][0]
    assert choice["logprobs"]["tokens"] == list("Hello")
    assert choice["logprobs"]["text_offset"] == [0, 1, 2, 3, 4]
    assert choice["logprobs"]["top_logprobs"][0] == {"H": -0.5}


def test_streamed_logprobs_are_those_of_the_whole_answer(hello: Scripted) -> None:
    body = {"prompt": "ab", "echo": True, "logprobs": 2, "stop": ["lo"]}
    whole = post(hello, **body).json()["choices"][0]
    pieces = [chunk["choices"][0] for chunk in events(post(hello, **body, stream=True))]
    assert "".join(piece["text"] for piece in pieces) == whole["text"] == "abHel"
    for key, value in whole["logprobs"].items():
        assert [item for piece in pieces for item in piece["logprobs"][key]] == value


def test_offsets_index_the_returned_text(hello: Scripted) -> None:
    prompt = "wörld 👩‍👩‍👧 end."
    for body in ({"prompt": prompt}, {"prompt": hello.engine.tokenizer.encode(prompt)}):
        choice = post(hello, **body, echo=True, logprobs=0).json()["choices"][0]
        assert choice["text"] == prompt + "Hello"
        whole = [
            (offset, token)
            for offset, token in zip(choice["logprobs"]["text_offset"], choice["logprobs"]["tokens"], strict=True)
            if not token.startswith("bytes:")
        ]
        assert [token for _, token in whole] == list("wrld  end.Hello")
        assert all(choice["text"][offset] == token for offset, token in whole)


def test_the_default_length_fills_the_room_that_there_is() -> None:
    with scripted_service(ScriptedEngine(max_model_len=33)) as service:
        answer = post(service, prompt=[65] * 32).json()
        assert answer["usage"]["completion_tokens"] == 1
        full = post(service, prompt=[65] * 33)
        assert (full.status_code, full.json()["error"]["param"]) == (400, "prompt")
        demanded = post(service, prompt=[65] * 32, max_tokens=16)
        assert (demanded.status_code, demanded.json()["error"]["param"]) == (400, "max_tokens")


def test_usage_in_a_stream(client: OpenAI) -> None:
    stream = client.completions.create(
        model="org/tiny", prompt=["a", "b"], stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert all(chunk.usage is None for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (2, 12)


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"prompt": []}, "prompt"),
        ({"prompt": [[]]}, "prompt"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": ["a", 5]}, "prompt"),
        ({"prompt": [5, "a"]}, "prompt"),
        ({"prompt": [1.5]}, "prompt"),
        ({"prompt": [True]}, "prompt"),
        ({"prompt": [-1]}, "prompt"),
        ({"prompt": [300]}, "prompt"),
        ({"prompt": None}, "prompt"),
        ({}, "prompt"),
        ({"prompt": ["a"] * 65}, "prompt"),
        ({"prompt": "a", "suffix": "b"}, "suffix"),
        ({"prompt": "a", "suffix": "b", "echo": True}, "suffix"),
        ({"prompt": "a", "suffix": "b", "truncate_prompt_tokens": 1}, "suffix"),
        ({"prompt": "a", "best_of": 2, "stream": True}, "best_of"),
        ({"prompt": "a", "best_of": 2, "n": 3}, "best_of"),
        ({"prompt": "a", "best_of": 17}, "best_of"),
        ({"prompt": "a", "n": 17}, "n"),
        ({"prompt": "a", "logprobs": 21}, "logprobs"),
        ({"prompt": "a", "max_tokens": -1}, "max_tokens"),
    ],
)
def test_wrong_fields_are_refused(hello: Scripted, body: dict[str, Any], param: str) -> None:
    response = post(hello, **body)
    assert (response.status_code, response.json()["error"]["param"]) == (400, param)


def test_the_best_of_several_continuations() -> None:
    """The mean decides, over all tokens, the end token too. All candidates are in the usage."""
    logprobs = iter([(-1.0, -3.0), (-0.9, -1.0), (-2.0,), (-0.5, -1.3)])  # means: -2, -0.95, -2, -0.9

    number = itertools.count(65).__next__

    def script(request: Request) -> Iterator[TokenOutput]:
        *first, last = next(logprobs)
        for logprob in first:
            yield TokenOutput(request.id, token := number(), TokenLogprob(token, logprob))
        yield TokenOutput(request.id, EOS, TokenLogprob(EOS, last), FinishReason.STOP)

    with scripted_service(ScriptedEngine(script)) as service:
        answer = post(service, prompt="a", best_of=4, n=2, return_token_ids=True).json()
        assert {request.params.logprobs for request in service.engine.requests} == {0}
    assert [choice["index"] for choice in answer["choices"]] == [0, 1]
    assert [choice["logprobs"] for choice in answer["choices"]] == [None, None]
    assert [choice["token_ids"] for choice in answer["choices"]] == [[67, EOS], [66, EOS]]
    assert answer["usage"]["completion_tokens"] == 7


def test_candidates_are_ranked_by_their_log_probabilities(hello: Scripted) -> None:
    texts = iter([("a", -1.0), ("b", -0.25), ("c", -2.0)])

    def script(request: Request) -> Iterator[TokenOutput]:
        text, logprob = next(texts)
        token = hello.engine.tokenizer.encode(text)[0]
        yield TokenOutput(request.id, token, TokenLogprob(token, logprob), FinishReason.LENGTH)

    with scripted_service(ScriptedEngine(script)) as service:
        choices = post(service, prompt="x", best_of=3, n=2, logprobs=0).json()["choices"]
    assert [(choice["text"], choice["logprobs"]["token_logprobs"]) for choice in choices] == [
        ("b", [-0.25]),
        ("a", [-1.0]),
    ]


def test_harmless_values_are_accepted(hello: Scripted) -> None:
    response = post(hello, prompt="a", suffix=None, best_of=2, n=2, user="me")
    assert response.status_code == 200
    assert "x-ignored-params" not in response.headers


def test_errors_become_exceptions_of_the_official_client(client: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        client.completions.create(model="org/tiny", prompt="a", suffix="b")
    assert refused.value.param == "suffix"
