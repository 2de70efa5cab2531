"""LangChain's agents on this service, unchanged: tools, structured output in its three methods, streams and results."""

from typing import Annotated, Any, Literal

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, Field, SecretStr

from tests.api.scripted import scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.running_server import Server

QUESTION = "What is the weather in Oslo?"


class Weather(BaseModel):
    """The weather in a city."""

    city: str = Field(max_length=5)
    sky: Literal["clear", "cloudy"]


@tool
def get_weather(city: Annotated[str, Field(max_length=5)], unit: Literal["celsius", "fahrenheit"]) -> str:
    """The weather in a city now."""
    return f"{city}: 3 {unit}"


@pytest.fixture
def chat(keyed_server: Server) -> ChatOpenAI:
    key = keyed_server.http.headers["authorization"].removeprefix("Bearer ")
    return chat_at(keyed_server.url, key, model=keyed_server.model, temperature=0, max_completion_tokens=300, seed=1)


def chat_at(url: str, key: str, **fields: Any) -> ChatOpenAI:
    return ChatOpenAI(base_url=f"{url}/v1", api_key=SecretStr(key), max_retries=0, **fields)


def test_a_bound_tool_is_called_and_its_result_is_taken(chat: ChatOpenAI) -> None:
    bound = chat.bind_tools([get_weather], tool_choice="required", parallel_tool_calls=False)
    question = HumanMessage(QUESTION)
    answer = bound.invoke([question])
    assert isinstance(answer, AIMessage)
    [call] = answer.tool_calls
    result = get_weather.invoke(call)
    assert isinstance(result, ToolMessage)
    later = chat.bind_tools([get_weather]).invoke([question, answer, result], max_tokens=5)
    assert later.response_metadata["finish_reason"] in ("stop", "length", "tool_calls")


def test_chunks_of_a_stream_add_up_to_the_call(chat: ChatOpenAI) -> None:
    bound = chat.bind_tools([get_weather], tool_choice="get_weather")
    added: Any = None
    for chunk in bound.stream(QUESTION):
        added = chunk if added is None else added + chunk
    whole = bound.invoke(QUESTION)
    assert isinstance(whole, AIMessage)
    assert [(call["name"], call["args"]) for call in added.tool_calls] == [
        (call["name"], call["args"]) for call in whole.tool_calls
    ]


@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
def test_structured_output(chat: ChatOpenAI, method: Any) -> None:
    answer = chat.with_structured_output(Weather, method=method).invoke(QUESTION)
    assert isinstance(answer, Weather)


def test_structured_output_in_json_mode() -> None:
    with scripted_service(ScriptedEngine(text='{"city": "Oslo", "sky": "clear"}')) as service:
        chat = chat_at(service.url, "x", model="org/tiny")
        answer = chat.with_structured_output(Weather, method="json_mode").invoke(f"{QUESTION} In JSON.")
        assert answer == Weather(city="Oslo", sky="clear")
        assert service.engine.requests[-1].params.constraint is not None
