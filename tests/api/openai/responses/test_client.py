"""The official client against a real process: whole answers, streams, parsed objects, and calls that are answered."""

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any, Literal

import jsonschema
import pytest
from openai import AsyncOpenAI, OpenAI
from openai.types.responses import ResponseFunctionToolCall
from pydantic import BaseModel

from tests.running_server import Server

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 5}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TOOLS: list[Any] = [{"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": True}]
SEED: dict[str, Any] = {"extra_body": {"seed": 3}}


class Weather(BaseModel):
    """What the model has to answer."""

    sky: Literal["clear", "grey"]
    wind: bool


@pytest.fixture
def key(keyed_server: Server) -> str:
    return str(keyed_server.http.headers["authorization"]).removeprefix("Bearer ")


@pytest.fixture
def client(keyed_server: Server, key: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{keyed_server.url}/v1", api_key=key, max_retries=0) as client:
        yield client


async def test_whole_and_streamed_sync_and_async_are_the_same(keyed_server: Server, client: OpenAI, key: str) -> None:
    fields: dict[str, Any] = {"model": keyed_server.model, "input": "Hello", "max_output_tokens": 30, **SEED}
    whole = client.responses.create(**fields)
    assert (whole.status, whole.incomplete_details and whole.incomplete_details.reason) in {
        ("completed", None),
        ("incomplete", "max_output_tokens"),
    }
    assert whole.output_text
    events = list(client.responses.create(**fields, stream=True))
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == whole.output_text
    async with AsyncOpenAI(base_url=f"{keyed_server.url}/v1", api_key=key, max_retries=0) as other:
        assert (await other.responses.create(**fields)).output_text == whole.output_text
        streamed = [event async for event in await other.responses.create(**fields, stream=True)]
        # Tokens that have arrived together are one delta.
        kinds, other_kinds = (
            [kind for kind, _ in groupby(event.type for event in each)] for each in (streamed, events)
        )
        assert kinds == other_kinds
        found = await other.responses.retrieve(whole.id)
        assert found == whole


def test_the_stream_helper_reads_the_same(keyed_server: Server, client: OpenAI) -> None:
    fields: dict[str, Any] = {"model": keyed_server.model, "input": "Hello", "text_format": Weather, **SEED}
    with client.responses.stream(**fields) as stream:
        texts = [event.delta for event in stream if event.type == "response.output_text.delta"]
        final = stream.get_final_response()
    assert "".join(texts) == final.output_text
    assert isinstance(final.output_parsed, Weather)


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_an_answer_is_parsed(keyed_server: Server, client: OpenAI, temperature: float) -> None:
    answer = client.responses.parse(
        model=keyed_server.model, input="How is the weather?", text_format=Weather, temperature=temperature
    )
    assert isinstance(answer.output_parsed, Weather)
    assert json.loads(answer.output_text) == answer.output_parsed.model_dump()


def called(keyed_server: Server, client: OpenAI, **fields: Any) -> Any:
    """A response that calls the tool once."""
    return client.responses.create(
        model=keyed_server.model,
        input="Weather?",
        tools=TOOLS,
        tool_choice="required",
        parallel_tool_calls=False,
        **fields,
    )


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "get_weather"}])
def test_arguments_validate_whole_and_streamed(keyed_server: Server, client: OpenAI, choice: Any) -> None:
    fields: dict[str, Any] = {
        "model": keyed_server.model,
        "input": "Weather?",
        "tools": TOOLS,
        "tool_choice": choice,
        **SEED,
    }
    whole = client.responses.create(**fields, parallel_tool_calls=False)
    with client.responses.stream(**fields, parallel_tool_calls=False) as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_response()
    for response in (whole, streamed):
        [call] = response.output
        assert isinstance(call, ResponseFunctionToolCall)
        jsonschema.validate(json.loads(call.arguments), SCHEMA)
    assert whole.output[0].arguments == streamed.output[0].arguments  # type: ignore[union-attr]


def test_calls_are_answered_by_the_stored_response_and_by_items(keyed_server: Server, client: OpenAI) -> None:
    first = called(keyed_server, client)
    [call] = first.output
    result: Any = {"type": "function_call_output", "call_id": call.call_id, "output": '{"sky": "clear"}'}
    fields: dict[str, Any] = {
        "model": keyed_server.model,
        "tools": TOOLS,
        "tool_choice": "none",
        "max_output_tokens": 12,
    }
    stored = client.responses.create(input=[result], previous_response_id=first.id, **fields, **SEED)
    question: Any = {"role": "user", "content": "Weather?"}
    explicit = client.responses.create(input=[question, *first.output, result], store=False, **fields, **SEED)
    assert stored.usage is not None
    assert explicit.usage is not None
    assert stored.usage.input_tokens == explicit.usage.input_tokens > 20
    assert stored.output_text == explicit.output_text
    counted = client.responses.input_tokens.count(
        model=keyed_server.model, input=[result], previous_response_id=first.id, tools=TOOLS, tool_choice="none"
    )
    assert counted.input_tokens == stored.usage.input_tokens


def test_log_probabilities(keyed_server: Server, client: OpenAI) -> None:
    answer: Any = client.responses.create(
        model=keyed_server.model,
        input="Hello",
        max_output_tokens=8,
        top_logprobs=3,
        include=["message.output_text.logprobs"],
    )
    logprobs = answer.output[0].content[0].logprobs
    assert 0 < len(logprobs) <= 8
    assert all(each.logprob <= 0 and len(each.top_logprobs) == 3 for each in logprobs)
