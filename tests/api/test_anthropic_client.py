"""Anthropic's official client, against a real service with a tiny model, and against scripted texts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import pytest
from pydantic import BaseModel

from tests.api.compat.anthropic import CALL, THOUGHTS, WEATHER, reasoning_engine
from tests.api.keyed import keyed_service
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.running_server import Server

ASK: Any = [{"role": "user", "content": "Name a river."}]
GREEDY: Any = {"model": "chat", "max_tokens": 12, "messages": ASK, "extra_body": {"temperature": 0}}


@pytest.fixture
def client(four_models: Server) -> Iterator[anthropic.Anthropic]:
    with connect(four_models.url) as client:
        yield client


def connect(url: str, key: str = "any") -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=url, api_key=key, max_retries=0)


def expected(four_models: Server) -> str:
    body = {"messages": ASK, "temperature": 0, "max_tokens": 12, "model": "chat"}
    return str(four_models.http.post("/v1/chat/completions", json=body).json()["choices"][0]["message"]["content"])


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def total_input(usage: Any) -> int:
    return int(usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens)


def test_a_message(four_models: Server, client: anthropic.Anthropic) -> None:
    message = client.messages.create(**GREEDY)
    assert text_of(message) == expected(four_models)
    assert (message.type, message.role, message.model) == ("message", "assistant", "chat")
    assert (message.stop_reason, message.stop_sequence) == ("max_tokens", None)
    assert message.usage.output_tokens == 12
    assert message._request_id
    assert total_input(message.usage) == client.messages.count_tokens(model="chat", messages=ASK).input_tokens


def test_a_stream(four_models: Server, client: anthropic.Anthropic) -> None:
    with client.messages.stream(**GREEDY) as stream:
        texts = list(stream.text_stream)
        message = stream.get_final_message()
    assert "".join(texts) == text_of(message) == expected(four_models)
    assert len(texts) > 1
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 12)
    assert total_input(message.usage) == client.messages.count_tokens(model="chat", messages=ASK).input_tokens
    raw = list(client.messages.create(**GREEDY, stream=True))
    assert [event.type for event in raw[:2]] == ["message_start", "content_block_start"]
    assert [event.type for event in raw[-3:]] == ["content_block_stop", "message_delta", "message_stop"]


async def test_async(four_models: Server) -> None:
    async with anthropic.AsyncAnthropic(base_url=four_models.url, auth_token="any", max_retries=0) as client:
        message = await client.messages.create(**GREEDY)
        async with client.messages.stream(**GREEDY) as stream:
            texts = [text async for text in stream.text_stream]
        assert "".join(texts) == text_of(message) == expected(four_models)
        beta = await client.beta.messages.create(**GREEDY, betas=["context-management-2025-06-27"])
        assert text_of(beta) == text_of(message)


def test_a_repeated_prompt_is_read_from_the_cache(client: anthropic.Anthropic) -> None:
    system: Any = [{"type": "text", "text": "Rivers flow to the sea. " * 20, "cache_control": {"type": "ephemeral"}}]
    first, second = (client.messages.create(**GREEDY, system=system).usage for _ in range(2))
    assert second.cache_read_input_tokens
    assert total_input(first) == total_input(second)


def test_a_forced_call_always_validates(client: anthropic.Anthropic) -> None:
    """The model is random: only the grammar makes its text a call."""
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    tool: Any = {"name": "answer", "input_schema": schema | {"additionalProperties": False}}
    choice: Any = {"type": "tool", "name": "answer"}
    asked = GREEDY | {"max_tokens": 200}
    message = client.messages.create(**asked, tools=[tool], tool_choice=choice)
    [call] = message.content
    assert (call.type, message.stop_reason) == ("tool_use", "tool_use")
    assert isinstance(call.input["ok"], bool)
    with client.messages.stream(**asked, tools=[tool], tool_choice=choice) as stream:
        assert stream.get_final_message().content[0].to_dict()["input"] == call.input


class Person(BaseModel):
    """What the model says about a person."""

    is_known: bool


def test_structured_output(client: anthropic.Anthropic) -> None:
    parsed = client.messages.parse(model="chat", max_tokens=100, messages=ASK, output_format=Person)
    assert isinstance(parsed.parsed_output, Person)
    assert json.loads(text_of(parsed)).keys() == {"is_known"}


def test_a_call_and_its_result() -> None:
    with scripted_service(reasoning_engine(f"{THOUGHTS}{CALL}")) as service, connect(service.url) as client:
        ask: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
        request: Any = {"model": "org/tiny", "max_tokens": 500, "tools": [WEATHER]}
        with client.messages.stream(**request, messages=ask) as stream:
            streamed: Any = stream.get_final_message()
        message: Any = client.messages.create(**request, messages=ask)
        for each in (streamed, message):
            thoughts, call = each.content
            assert (thoughts.type, call.type, each.stop_reason) == ("thinking", "tool_use", "tool_use")
            assert (call.name, call.input) == ("get_weather", {"city": "Oslo"})
            assert each.usage.output_tokens_details.thinking_tokens
        service.engine.text = "It rains."
        result = {"type": "tool_result", "tool_use_id": call.id, "content": "Rain."}
        turns: Any = [*ask, {"role": "assistant", "content": message.content}, {"role": "user", "content": [result]}]
        answer = client.messages.create(**request, messages=turns)
        assert (text_of(answer), answer.stop_reason) == ("It rains.", "end_turn")
        prompt = service.engine.tokenizer.decode(service.engine.requests[-1].prompt)
        assert "<tool_response>\nRain.\n</tool_response>" in prompt
        assert "<think>It may rain." in prompt


def test_a_tool_runner() -> None:
    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city now."""
        service.engine.text = f"It rains in {city}."
        return "Rain."

    with scripted_service(ScriptedEngine(text=CALL)) as service, connect(service.url) as client:
        ask: Any = [{"role": "user", "content": "What is the weather in Oslo?"}]
        runner = client.beta.messages.tool_runner(model="org/tiny", max_tokens=500, tools=[get_weather], messages=ask)
        assert text_of(runner.until_done()) == "It rains in Oslo."


def test_errors(hello: Scripted, tmp_path: Path) -> None:
    request: Any = {"model": "org/tiny", "max_tokens": 5, "messages": ASK}
    image: Any = [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "http://x"}}]}]
    with connect(hello.url) as client:
        with pytest.raises(anthropic.NotFoundError) as unknown:
            client.messages.create(**request | {"model": "claude-opus-9"})
        assert (unknown.value.type, bool(unknown.value.request_id)) == ("not_found_error", True)
        with pytest.raises(anthropic.BadRequestError, match="images") as refused:
            client.messages.create(**request | {"messages": image})
        assert refused.value.type == "invalid_request_error"
        with pytest.raises(anthropic.NotFoundError, match="use POST /v1/messages"):
            client.messages.batches.list()
    with keyed_service(tmp_path) as keyed:
        with connect(keyed.service.url, "wrong") as client, pytest.raises(anthropic.AuthenticationError):
            client.messages.create(**request)
        with (
            connect(keyed.service.url, keyed.secrets["embed"]) as client,
            pytest.raises(anthropic.PermissionDeniedError),
        ):
            client.messages.create(**request)
        with connect(keyed.service.url, keyed.secrets["generate"]) as client:
            assert text_of(client.messages.create(**request)) == "Hello"


@pytest.mark.parametrize("stream", [False, True])
def test_failures_of_the_service(stream: bool) -> None:
    request: Any = {"model": "org/tiny", "max_tokens": 50, "messages": ASK, "stream": stream}
    engine = ScriptedEngine(fails_at=2)
    failures: list[tuple[type[anthropic.APIStatusError], Callable[[], None]]] = [
        (anthropic.APIStatusError, lambda: None),
        (anthropic.OverloadedError, lambda: setattr(engine, "status", "restarting")),
    ]
    with scripted_service(engine) as service, connect(service.url) as client:
        for kind, break_it in failures:
            break_it()
            with pytest.raises(kind) as error:
                for _ in client.messages.create(**request):
                    pass
            assert error.value.type in {"api_error", "overloaded_error"}


def test_a_full_service_is_a_rate_limit() -> None:
    engine = ScriptedEngine(holds_at=0)
    with scripted_service(engine, max_requests=1) as service, connect(service.url) as client:
        with service.http.stream("POST", "/v1/generate", json={"prompt": "x", "stream": True}):
            assert engine.holding.wait(20)
            with pytest.raises(anthropic.RateLimitError):
                client.messages.create(model="org/tiny", max_tokens=5, messages=ASK)
        engine.release()
