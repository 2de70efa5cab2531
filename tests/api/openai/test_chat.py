"""``/v1/chat/completions`` through the official client, and through httpx for the parts that the client hides."""

from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI

from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS

MESSAGES: list[openai.types.chat.ChatCompletionMessageParam] = [{"role": "user", "content": "Hi"}]


@pytest.fixture(scope="module")
def chinese() -> Iterator[Scripted]:
    with scripted_service(ScriptedEngine(text="你好, you")) as service:
        yield service


@pytest.fixture
def client(hello: Scripted) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{hello.url}/v1", api_key="none", max_retries=0) as client:
        yield client


def test_answer(client: OpenAI, hello: Scripted) -> None:
    answer = client.chat.completions.create(model="org/tiny", messages=MESSAGES)
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert answer.model == "org/tiny"
    (choice,) = answer.choices
    assert (choice.index, choice.message.role, choice.message.content) == (0, "assistant", "Hello")
    assert (choice.finish_reason, choice.logprobs, choice.message.tool_calls) == ("stop", None, None)
    prompt = "user: Hi\nassistant: "
    assert hello.engine.requests[-1].prompt == tuple(hello.engine.tokenizer.encode(prompt))
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens) == (len(prompt), len("Hello") + 1)
    assert answer.usage.total_tokens == len(prompt) + len("Hello") + 1
    assert answer.usage.prompt_tokens_details is not None
    assert answer.usage.prompt_tokens_details.cached_tokens == 1


def test_stream_of_several_choices(chinese: Scripted) -> None:
    body = {"messages": MESSAGES, "stream": True, "n": 3}
    chunks = events(chinese.http.post("/v1/chat/completions", json=body))
    assert len({(chunk["id"], chunk["created"], chunk["model"], chunk["object"]) for chunk in chunks}) == 1
    assert not any("usage" in chunk for chunk in chunks)
    for index in range(3):
        mine = [chunk["choices"][0] for chunk in chunks if chunk["choices"][0]["index"] == index]
        first, *middle, last = mine
        assert first == {
            "index": index,
            "delta": {"role": "assistant", "content": ""},
            "logprobs": None,
            "finish_reason": None,
        }
        assert "".join(choice["delta"]["content"] for choice in middle) == "你好, you"
        assert [list(choice["delta"]) for choice in middle] == [["content"]] * len(middle)
        assert last == {"index": index, "delta": {}, "logprobs": None, "finish_reason": "stop"}


def test_usage_in_a_stream(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model="org/tiny", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
    )
    *chunks, last = list(stream)
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in chunks)
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.completion_tokens == 6


def test_usage_on_every_chunk(hello: Scripted) -> None:
    body = {
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True, "continuous_usage_stats": True},
    }
    chunks = events(hello.http.post("/v1/chat/completions", json=body))
    counts = [chunk["usage"]["completion_tokens"] for chunk in chunks]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 6)


def test_logprobs_show_true_bytes(chinese: Scripted) -> None:
    body = {"messages": MESSAGES, "logprobs": True, "top_logprobs": 2}
    choice = chinese.http.post("/v1/chat/completions", json=body).json()["choices"][0]
    content = choice["logprobs"]["content"]
    assert bytes(byte for entry in content for byte in entry["bytes"]).decode() == choice["message"]["content"]
    assert content[0]["token"] == "\ufffd"
    assert [len(entry["top_logprobs"]) for entry in content] == [2] * len(content)
    assert content[-1]["top_logprobs"][1] == {"token": "u", "logprob": -0.5, "bytes": [ord("u")]}


def test_streamed_logprobs_are_those_of_the_whole_answer(chinese: Scripted) -> None:
    body = {"messages": MESSAGES, "logprobs": True, "top_logprobs": 1}
    whole = chinese.http.post("/v1/chat/completions", json=body).json()["choices"][0]["logprobs"]["content"]
    chunks = events(chinese.http.post("/v1/chat/completions", json=body | {"stream": True}))
    pieces = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    assert [entry for piece in pieces if piece for entry in piece["content"]] == whole


def test_both_names_of_the_length(hello: Scripted) -> None:
    for body in ({"max_tokens": 2}, {"max_completion_tokens": 2}, {"max_completion_tokens": 2, "max_tokens": 2}):
        answer = hello.http.post("/v1/chat/completions", json={"messages": MESSAGES} | body).json()
        assert answer["choices"][0]["message"]["content"] == "He"
        assert answer["choices"][0]["finish_reason"] == "length"
    answer = hello.http.post(
        "/v1/chat/completions", json={"messages": MESSAGES, "max_completion_tokens": 2, "max_tokens": 3}
    )
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "max_tokens")


def test_stop_strings(client: OpenAI) -> None:
    answer = client.chat.completions.create(model="org/tiny", messages=MESSAGES, stop="ll")
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("He", "stop")
    answer = client.chat.completions.create(
        model="org/tiny", messages=MESSAGES, stop=["zz", "ll"], extra_body={"include_stop_str_in_output": True}
    )
    assert answer.choices[0].message.content == "Hell"


def test_sampling_fields_reach_the_engine(hello: Scripted) -> None:
    body = {
        "messages": MESSAGES,
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 7,
        "min_p": 0.1,
        "repetition_penalty": 1.2,
        "presence_penalty": -1,
        "frequency_penalty": 1.5,
        "logit_bias": {"65": -100, "66": 2.5},
        "seed": -3,
        "stop_token_ids": [9],
        "min_tokens": 3,
        "max_tokens": 4,
        "priority": -2,
        "cache_salt": "盐",
    }
    response = hello.http.post("/v1/chat/completions", json=body)
    assert response.status_code == 200
    assert "x-ignored-params" not in response.headers
    request = hello.engine.requests[-1]
    params = request.params
    assert (params.temperature, params.top_p, params.top_k, params.min_p) == (0.5, 0.9, 7, 0.1)
    assert (params.repetition_penalty, params.presence_penalty, params.frequency_penalty) == (1.2, -1, 1.5)
    assert (params.logit_bias, params.seed, params.stop_token_ids) == ({65: -100, 66: 2.5}, -3, (EOS, 9))
    assert (params.min_tokens, params.max_tokens) == (3, 4)
    assert (request.priority, request.cache_salt) == (-2, "盐")


def test_defaults(hello: Scripted) -> None:
    hello.http.post("/v1/chat/completions", json={"messages": MESSAGES, "temperature": None, "stop": None})
    params = hello.engine.requests[-1].params
    assert (params.temperature, params.top_p, params.top_k, params.max_tokens) == (1.0, 1.0, 0, 512)
    assert params.logprobs is None


def test_ignore_eos_and_top_k_off(hello: Scripted) -> None:
    body = {"messages": MESSAGES, "ignore_eos": True, "top_k": -1, "max_tokens": 6, "skip_special_tokens": False}
    answer = hello.http.post("/v1/chat/completions", json=body).json()
    assert hello.engine.requests[-1].params.stop_token_ids == ()
    assert hello.engine.requests[-1].params.top_k == 0
    assert answer["choices"][0]["message"]["content"] == "Hello<|end|>"


@pytest.mark.parametrize(
    ("extra", "prompt"),
    [
        ({}, "user: Hi\nassistant: yes\nassistant: "),
        ({"continue_final_message": True}, "user: Hi\nassistant: yes"),
        ({"continue_final_message": True, "add_generation_prompt": False}, "user: Hi\nassistant: yes"),
    ],
)
def test_end_of_the_prompt(hello: Scripted, extra: dict[str, bool], prompt: str) -> None:
    messages = [
        *MESSAGES,
        {"role": "assistant", "content": [{"type": "text", "text": "y"}, {"type": "text", "text": "es"}]},
    ]
    response = hello.http.post("/v1/chat/completions", json={"messages": messages} | extra)
    assert response.status_code == 200
    assert hello.engine.tokenizer.decode(hello.engine.requests[-1].prompt) == prompt


def test_a_developer_message_is_a_system_message(hello: Scripted) -> None:
    messages = [{"role": "developer", "content": "Be brief."}]
    hello.http.post("/v1/chat/completions", json={"messages": messages})
    assert hello.engine.tokenizer.decode(hello.engine.requests[-1].prompt) == "system: Be brief.\nassistant: "


def test_errors_become_exceptions_of_the_official_client(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as missing:
        client.chat.completions.create(model="gpt-4", messages=MESSAGES)
    assert missing.value.code == "model_not_found"
    assert missing.value.param == "model"
    with pytest.raises(openai.BadRequestError) as wrong:
        client.chat.completions.create(model="org/tiny", messages=MESSAGES, temperature=9)
    assert wrong.value.param == "temperature"
    assert "less than or equal to 2" in wrong.value.message
    with pytest.raises(openai.BadRequestError) as long:
        client.chat.completions.create(model="org/tiny", messages=[{"role": "user", "content": "x" * 20_000}])
    assert long.value.code == "context_length_exceeded"
    assert long.value.param == "messages"
    assert "10000" in long.value.message
    for field in ("max_tokens", "max_completion_tokens"):
        with pytest.raises(openai.BadRequestError) as large:
            client.chat.completions.create(model="org/tiny", messages=MESSAGES, extra_body={field: 20_000})
        assert (large.value.code, large.value.param) == ("context_length_exceeded", field)


def test_an_error_within_a_stream_becomes_an_exception_of_the_official_client() -> None:
    with scripted_service(ScriptedEngine(fails_at=3)) as service:
        client = OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=0)
        text = ""
        with pytest.raises(openai.APIError, match="failed"):  # noqa: PT012 - the chunks before it count
            for chunk in client.chat.completions.create(model="org/tiny", messages=MESSAGES, stream=True):
                text += chunk.choices[0].delta.content or ""
        assert text == "Hel"


def test_a_failed_sequence_is_a_500_that_is_not_tried_again() -> None:
    engine = ScriptedEngine(fails_at=3)
    with scripted_service(engine) as service:
        client = OpenAI(base_url=f"{service.url}/v1", api_key="none", max_retries=3)
        with pytest.raises(openai.InternalServerError) as failed:
            client.chat.completions.create(model="org/tiny", messages=MESSAGES)
        assert "secret" not in failed.value.message
        assert len(engine.requests) == 1
