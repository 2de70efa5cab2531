"""Tools and reasoning through the official client: real calls under the grammar, and scripted texts for the rest."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from openai import BadRequestError, OpenAI

from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.api.raw_http import events
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_library
from tests.running_server import Server

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 5}, "unit": {"enum": ["celsius", "fahrenheit"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "get_weather", "description": "Weather.", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "now", "strict": True}},
]
SCHEMAS: dict[str, Any] = {"get_weather": SCHEMA, "now": {"type": "object", "maxProperties": 0}}
CALL = {"id": "a", "type": "function", "function": {"name": "now", "arguments": "{}"}}
MESSAGES: list[Any] = [{"role": "user", "content": "What is the weather in Oslo?"}]
ONE: dict[str, Any] = {"model": "m", "messages": MESSAGES, "max_tokens": 300, "seed": 3, "parallel_tool_calls": False}


@pytest.fixture
def client(keyed_server: Server) -> Iterator[OpenAI]:
    key = keyed_server.http.headers["authorization"].removeprefix("Bearer ")
    with OpenAI(base_url=f"{keyed_server.url}/v1", api_key=key, max_retries=0) as client:
        yield client


def check(name: str, arguments: str) -> None:
    jsonschema.validate(json.loads(arguments), SCHEMAS[name])


def asked(keyed_server: Server, **fields: Any) -> dict[str, Any]:
    return {**ONE, "model": keyed_server.model, "tools": TOOLS, **fields}


@pytest.mark.parametrize("temperature", [0, 1.5])
def test_required_calls(keyed_server: Server, client: OpenAI, temperature: float) -> None:
    answer = client.chat.completions.create(**asked(keyed_server, tool_choice="required", temperature=temperature, n=3))
    for choice in answer.choices:
        assert choice.finish_reason == "tool_calls"
        assert choice.message.content is None
        assert choice.message.tool_calls is not None
        [call] = choice.message.tool_calls
        assert call.type == "function"
        assert call.id.startswith("call_")
        check(call.function.name, call.function.arguments)


def test_a_named_tool_is_called_once(keyed_server: Server, client: OpenAI) -> None:
    choice: Any = {"type": "function", "function": {"name": "now"}}
    [turn] = client.chat.completions.create(**asked(keyed_server, tool_choice=choice)).choices
    assert turn.message.tool_calls is not None
    assert [(call.function.name, call.function.arguments) for call in turn.message.tool_calls] == [("now", "{}")]


def test_allowed_tools(keyed_server: Server, client: OpenAI) -> None:
    allowed = {"mode": "required", "tools": [{"type": "function", "function": {"name": "get_weather"}}]}
    choice: Any = {"type": "allowed_tools", "allowed_tools": allowed}
    [turn] = client.chat.completions.create(**asked(keyed_server, tool_choice=choice)).choices
    assert turn.message.tool_calls is not None
    assert {call.function.name for call in turn.message.tool_calls} == {"get_weather"}


def test_a_stream_has_the_same_calls(keyed_server: Server, client: OpenAI) -> None:
    fields = asked(keyed_server, tool_choice="required")
    whole = client.chat.completions.create(**fields).choices[0].message.tool_calls
    with client.chat.completions.stream(**fields) as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_completion().choices[0]
    assert streamed.finish_reason == "tool_calls"
    assert whole is not None
    assert streamed.message.tool_calls is not None
    assert [call.function.arguments for call in streamed.message.tool_calls] == [
        call.function.arguments for call in whole if call.type == "function"
    ]


def test_the_first_delta_of_a_call_has_its_id_and_name(keyed_server: Server) -> None:
    response = keyed_server.http.post(
        "/v1/chat/completions", json=asked(keyed_server, tool_choice="required", stream=True)
    )
    deltas = [event["choices"][0]["delta"] for event in events(response)]
    calls = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert set(calls[0]) == {"index", "id", "type", "function"}
    assert calls[0]["function"]["arguments"] == ""
    assert all(set(call) == {"index", "function"} and set(call["function"]) == {"arguments"} for call in calls[1:])
    assert deltas[0] == {"role": "assistant", "content": ""}
    assert deltas[-1] == {}


def test_a_conversation_with_results_goes_on(keyed_server: Server, client: OpenAI) -> None:
    turn = client.chat.completions.create(**asked(keyed_server, tool_choice="required")).choices[0].message
    assert turn.tool_calls is not None
    results = [{"role": "tool", "tool_call_id": call.id, "content": "snow"} for call in turn.tool_calls]
    history = [*MESSAGES, turn, *results]
    answer = client.chat.completions.create(**asked(keyed_server, messages=history, max_tokens=5))
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0


@pytest.mark.parametrize(
    "message",
    [
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [CALL],
        },
        {"role": "assistant", "tool_calls": [{"id": "a", "function": {"name": "now", "arguments": ""}}]},
        {"role": "assistant", "content": "x", "tool_calls": []},
        {"role": "assistant", "content": [{"type": "text", "text": "x"}], "reasoning_content": "so"},
        {"role": "tool", "tool_call_id": "a", "content": [{"type": "text", "text": "x"}]},
    ],
)
def test_turns_of_a_history(keyed_server: Server, message: dict[str, Any]) -> None:
    body = {"messages": [*MESSAGES, message, *MESSAGES], "max_tokens": 2}
    assert keyed_server.http.post("/v1/chat/completions", json=body).status_code == 200


def test_no_tools_are_shown_for_none(keyed_server: Server, client: OpenAI) -> None:
    def prompt_tokens(**fields: Any) -> int:
        usage = client.chat.completions.create(
            model=keyed_server.model, messages=MESSAGES, max_tokens=1, **fields
        ).usage
        assert usage is not None
        return usage.prompt_tokens

    assert prompt_tokens(tools=TOOLS, tool_choice="none") == prompt_tokens() < prompt_tokens(tools=TOOLS)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": TOOLS, "tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice"),
        ({"tools": [TOOLS[0], TOOLS[0]]}, "tools"),
        ({"tools": [{"type": "web_search"}]}, "tools.0.type"),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "tools.0.function.name"),
        ({"tools": [{"function": {"name": "f", "parameters": {"type": "array"}}}]}, "tools.0.function.parameters"),
        ({"tools": [{"function": {"name": "f", "parameters": {"not": {}}}}]}, "tools.0.function.parameters"),
        ({"messages": [{"role": "tool", "content": "x"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "user", "content": None}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": [CALL]}]}, "messages.0.tool_calls"),
        ({"reasoning_effort": "high"}, "reasoning_effort"),
        ({"enable_thinking": True}, "enable_thinking"),
        ({"thinking_budget": 5}, "thinking_budget"),
        ({"chat_template_kwargs": {"no_such": 1}}, "chat_template_kwargs"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_by_name(
    keyed_server: Server, client: OpenAI, fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(BadRequestError) as error:
        client.chat.completions.create(model=keyed_server.model, messages=MESSAGES, extra_body=fields)
    assert error.value.param == param


WORDS: dict[str, Any] = {
    "type": "object",
    "properties": {"words": {"type": "array", "items": {"type": "string"}, "maxItems": 2, "uniqueItems": True}},
}
PARAMS = {
    "/v1/chat/completions": "tools.0.function.parameters",
    "/v1/responses": "tools.0.parameters",
    "/v1/messages": "tools.0.input_schema",
}


def with_words(path: str, **fields: Any) -> dict[str, Any]:
    """A body with a tool whose schema has a keyword that no grammar expresses. ``fields`` are those of the tool."""
    tool: dict[str, Any] = {"name": "f", PARAMS[path].rpartition(".")[2]: WORDS} | fields
    if path == "/v1/messages":
        return {"messages": MESSAGES, "max_tokens": 3, "tools": [tool]}
    if path == "/v1/responses":
        return {"input": "Hi", "tools": [{"type": "function"} | tool]}
    return {"messages": MESSAGES, "tools": [{"type": "function", "function": tool}]}


@pytest.mark.parametrize("path", PARAMS)
@pytest.mark.parametrize("stream", [False, True])
def test_a_keyword_that_cannot_be_obeyed_is_named(path: str, stream: bool) -> None:
    expected = f"{PARAMS[path]}.uniqueItems"
    with scripted_service(scripted("Hi.")) as service:
        answer = service.http.post(path, json=with_words(path) | {"stream": stream})
        assert (answer.status_code, answer.headers["x-ignored-params"]) == (200, expected)
        answer = service.http.post(path, json=with_words(path, strict=False) | {"stream": stream, "foo": 1})
        assert answer.headers["x-ignored-params"] == f"foo, {expected}"
        answer = service.http.post(path, json=with_words(path, strict=True) | {"stream": stream})
        assert answer.status_code == 400
        assert "uniqueItems" in answer.json()["error"]["message"]


def test_strict_params_refuse_a_keyword_that_cannot_be_obeyed() -> None:
    path = "/v1/chat/completions"
    with scripted_service(scripted("Hi."), strict_params=True) as service:
        answer = service.http.post(path, json=with_words(path))
        assert answer.status_code == 400
        assert answer.json()["error"]["param"] == f"{PARAMS[path]}.uniqueItems"


# Texts that a scripted model says


def scripted(text: str, template: str = "") -> ScriptedEngine:
    engine = ScriptedEngine(text=text)
    source = "{% for m in messages %}{{ m.content }}{% endfor %}" + template
    engine.tokenizer = Tokenizer(byte_library(), eos_token_ids=[EOS], chat_template=ChatTemplate(source, {}))
    return engine


def say(service: Scripted, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The message of the answer, and the one that the deltas of a stream add up to."""
    body = {"messages": MESSAGES} | fields
    whole = service.http.post("/v1/chat/completions", json=body).raise_for_status().json()
    with OpenAI(base_url=f"{service.url}/v1", api_key="x") as client:
        added: dict[str, Any] = {}
        for chunk in client.chat.completions.create(
            model="org/tiny", messages=MESSAGES, stream=True, extra_body=fields
        ):
            delta = chunk.choices[0].delta.model_dump(exclude_unset=True)
            for name, value in delta.items():
                added[name] = added.get(name, "") + value if isinstance(value, str) else added.get(name, []) + value
    return whole["choices"][0], added


THINKS = "<think>\nIt is cold.\n</think>\n\nSnow."


def test_thoughts_are_reasoning_content() -> None:
    with scripted_service(scripted(THINKS, "{# </think> #}")) as service:
        choice, added = say(service)
        assert choice["message"]["reasoning_content"] == "It is cold."
        assert choice["message"]["content"] == "Snow."
        assert (added["reasoning_content"], added["content"]) == ("It is cold.", "Snow.")
        usage = service.http.post("/v1/chat/completions", json={"messages": MESSAGES}).json()["usage"]
        assert usage["completion_tokens_details"]["reasoning_tokens"] == len("\nIt is cold.\n</think>")
        choice, added = say(service, include_reasoning=False)
        assert "reasoning_content" not in choice["message"]
        assert "reasoning_content" not in added


def test_a_model_without_thoughts_says_the_marks() -> None:
    with scripted_service(scripted(THINKS)) as service:
        choice, _ = say(service)
        assert choice["message"]["content"] == THINKS
        assert "reasoning_content" not in choice["message"]


CALL_TEXT = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'


def test_a_model_that_repeats_a_call_is_stopped() -> None:
    """What was generated until then is counted, and no more."""
    engine = scripted("\n".join([CALL_TEXT] * 100))
    body = {"messages": MESSAGES, "tools": TOOLS, "max_tokens": 9_000, "n": 2}
    with scripted_service(engine) as service:
        answer = service.http.post("/v1/chat/completions", json=body).raise_for_status().json()
        for choice in answer["choices"]:
            assert choice["finish_reason"] == "tool_calls"
            [call] = choice["message"]["tool_calls"]
            assert json.loads(call["function"]["arguments"]) == {"city": "Oslo"}
        arguments_end = CALL_TEXT.index("}") + 1
        assert answer["usage"]["completion_tokens"] == 2 * (len(CALL_TEXT) + 1 + arguments_end)
        assert engine.idle.wait(20)
        chunks = events(service.http.post("/v1/chat/completions", json=body | {"stream": True}))
        ends = [choice["finish_reason"] for chunk in chunks for choice in chunk["choices"] if choice["finish_reason"]]
        assert ends == ["tool_calls"] * 2
        calls = [
            (choice["index"], call["index"])
            for chunk in chunks
            for choice in chunk["choices"]
            for call in choice["delta"].get("tool_calls", [])
        ]
        assert set(calls) == {(0, 0), (1, 0)}


def test_a_call_in_auto_follows_the_text() -> None:
    bern = CALL_TEXT.replace("Oslo", "Bern")
    with scripted_service(scripted(f"Let me see.\n{bern}\n{CALL_TEXT}")) as service:
        choice, added = say(service, tools=TOOLS)
        assert choice["message"]["content"] == "Let me see."
        assert added["content"] == "Let me see."
        assert len(choice["message"]["tool_calls"]) == 2
        assert [call["index"] for call in added["tool_calls"] if "id" in call] == [0, 1]
        arguments = "".join(call["function"]["arguments"] for call in added["tool_calls"] if call["index"] == 1)
        assert arguments == choice["message"]["tool_calls"][1]["function"]["arguments"] == '{"city": "Oslo"}'
