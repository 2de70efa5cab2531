"""Agents: tools, typed answers and streams through the frameworks' own loops."""

from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field

from tests.frameworks.conftest import MODEL

QUESTION = "What is the weather in Oslo?"


class Weather(BaseModel):
    """The weather in a city."""

    city: str = Field(max_length=12)
    sky: Literal["clear", "cloudy"]


WEATHER_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather.", "parameters": Weather.model_json_schema()},
}


def test_pydantic_ai_types_its_answer(url: str) -> None:
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="x"))
    answer = Agent(model, output_type=Weather, model_settings={"temperature": 0, "max_tokens": 200}).run_sync(QUESTION)
    assert isinstance(answer.output, Weather)


def test_pydantic_ai_native_output_and_text(url: str) -> None:
    from pydantic_ai import Agent, NativeOutput
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel(MODEL, provider=OpenAIProvider(base_url=f"{url}/v1", api_key="x"))
    native = Agent(model, output_type=NativeOutput(Weather), model_settings={"temperature": 0, "max_tokens": 200})
    assert isinstance(native.run_sync(QUESTION).output, Weather)
    text = Agent(model, model_settings={"temperature": 0, "max_tokens": 20}).run_sync("Say hello.")
    assert text.output


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openai_agents_run_a_tool(url: str, api: str) -> None:
    from agents import (
        Agent,
        ModelSettings,
        OpenAIChatCompletionsModel,
        OpenAIResponsesModel,
        Runner,
        StopAtTools,
        function_tool,
        set_tracing_disabled,
    )
    from openai import AsyncOpenAI

    set_tracing_disabled(True)
    asked: list[str] = []

    @function_tool
    def weather(sky: Literal["clear", "cloudy"]) -> str:
        """The weather in Oslo."""
        asked.append(sky)
        return "snow"

    client = AsyncOpenAI(base_url=f"{url}/v1", api_key="x")
    kind = OpenAIChatCompletionsModel if api == "chat" else OpenAIResponsesModel
    settings = ModelSettings(temperature=0, max_tokens=200, tool_choice="required", parallel_tool_calls=False)
    agent = Agent(
        "weather",
        instructions="Use the tool.",
        model=kind(MODEL, openai_client=client),
        tools=[weather],
        model_settings=settings,
        tool_use_behavior=StopAtTools(stop_at_tool_names=["weather"]),
    )
    result = Runner.run_sync(agent, QUESTION)
    assert result.final_output == "snow"
    assert asked in (["clear"], ["cloudy"])


def test_instructor_in_its_modes(url: str) -> None:
    import instructor
    from openai import OpenAI

    for mode in (instructor.Mode.TOOLS, instructor.Mode.JSON_SCHEMA):
        client = instructor.from_openai(OpenAI(base_url=f"{url}/v1", api_key="x"), mode=mode)
        answer = client.chat.completions.create(
            model=MODEL,
            response_model=Weather,
            messages=[{"role": "user", "content": QUESTION}],
            temperature=0,
            max_tokens=200,
            max_retries=0,
        )
        assert isinstance(answer, Weather)


@pytest.mark.parametrize(
    ("provider", "base"), [("openai", "/v1"), ("anthropic", ""), ("ollama_chat", ""), ("text-completion-openai", "/v1")]
)
def test_litellm_speaks_every_api(url: str, provider: str, base: str) -> None:
    import litellm

    messages = [{"role": "user", "content": "Say hello."}]
    answer = litellm.completion(
        f"{provider}/{MODEL}", messages=messages, api_base=url + base, api_key="x", temperature=0, max_tokens=8
    )
    assert answer.choices[0].message.content
    chunks = litellm.completion(
        f"{provider}/{MODEL}",
        messages=messages,
        api_base=url + base,
        api_key="x",
        temperature=0,
        max_tokens=8,
        stream=True,
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    assert text == answer.choices[0].message.content


@pytest.mark.parametrize(("provider", "base"), [("openai", "/v1"), ("anthropic", "")])
def test_litellm_calls_tools(url: str, provider: str, base: str) -> None:
    import litellm

    answer = litellm.completion(
        f"{provider}/{MODEL}",
        messages=[{"role": "user", "content": QUESTION}],
        tools=[WEATHER_TOOL],
        tool_choice="required",
        parallel_tool_calls=False,
        api_base=url + base,
        api_key="x",
        max_tokens=200,
    )
    [call] = answer.choices[0].message.tool_calls
    Weather.model_validate_json(call.function.arguments)


def test_dspy_predicts(url: str) -> None:
    import dspy

    lm = dspy.LM(f"openai/{MODEL}", api_base=f"{url}/v1", api_key="x", temperature=0.0, max_tokens=40, cache=False)
    assert lm("Say hello.")[0]
    assert lm(messages=[{"role": "user", "content": "Say hello."}])[0]


def test_llama_index_chats_and_predicts(url: str) -> None:
    from llama_index.core.llms import ChatMessage
    from llama_index.core.prompts import PromptTemplate
    from llama_index.llms.openai_like import OpenAILike

    llm = OpenAILike(
        model=MODEL,
        api_base=f"{url}/v1",
        api_key="x",
        is_chat_model=True,
        is_function_calling_model=True,
        temperature=0,
        max_tokens=200,
    )
    assert llm.chat([ChatMessage(role="user", content="Say hello.")]).message.content
    found = llm.structured_predict(Weather, PromptTemplate(QUESTION), llm_kwargs={"tool_choice": "required"})
    assert isinstance(found, Weather)


def test_haystack_generates(url: str) -> None:
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage
    from haystack.utils import Secret

    generator = OpenAIChatGenerator(
        model=MODEL,
        api_base_url=f"{url}/v1",
        api_key=Secret.from_token("x"),
        generation_kwargs={"temperature": 0, "max_tokens": 8},
    )
    [reply] = generator.run([ChatMessage.from_user("Say hello.")])["replies"]
    assert reply.text


def test_outlines_generates_a_type(url: str) -> None:
    import openai
    import outlines

    model = outlines.from_openai(openai.OpenAI(base_url=f"{url}/v1", api_key="x"), MODEL)
    Weather.model_validate_json(model(QUESTION, Weather, temperature=0, max_tokens=200))


def test_guidance_generates_json(url: str) -> None:
    import guidance
    from guidance import assistant, user
    from guidance.models import OpenAI

    model = OpenAI(MODEL, base_url=f"{url}/v1", api_key="x", echo=False)
    with user():
        model += QUESTION
    with assistant():
        model += guidance.json(name="weather", schema=Weather, max_tokens=200)
    Weather.model_validate_json(model["weather"])
