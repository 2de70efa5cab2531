"""Tools and thoughts in Ollama's chat: calls come whole, with arguments as objects."""

from typing import Any

import ollama
import pytest

from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.api.scripted import Scripted, scripted_service
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_library

TOOLS = [
    {
        "type": "function",
        "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}},
    }
]
MESSAGES = [{"role": "user", "content": "x"}]
CALLS = "".join(f'<tool_call>\n{{"name": "add", "arguments": {{"a": {a}}}}}\n</tool_call>\n' for a in (1, 2)).rstrip()
TEMPLATE = "{# </think> #}{% for m in messages %}{{ m.content }}|{% endfor %}"


def engine_saying(text: str) -> ScriptedEngine:
    engine = ScriptedEngine(text=text)
    engine.tokenizer = Tokenizer(byte_library(), eos_token_ids=[EOS], chat_template=ChatTemplate(TEMPLATE, {}))
    return engine


def test_calls_and_thoughts() -> None:
    with (
        scripted_service(engine_saying(f"<think>Hm.</think>\nLet me see.\n{CALLS}")) as service,
        ollama.Client(service.url) as client,
    ):
        whole = client.chat("org/tiny", MESSAGES, tools=TOOLS, think=True)
        assert (whole.message.thinking, whole.message.content, whole.done_reason) == ("Hm.", "Let me see.", "stop")
        assert whole.message.tool_calls is not None
        assert [dict(call.function) for call in whole.message.tool_calls] == [
            {"name": "add", "arguments": {"a": 1}},
            {"name": "add", "arguments": {"a": 2}},
        ]
        parts = list(client.chat("org/tiny", MESSAGES, tools=TOOLS, stream=True))
        assert "".join(part.message.thinking or "" for part in parts) == "Hm."
        assert "".join(part.message.content or "" for part in parts) == "Let me see."
        assert [call.function.arguments for part in parts for call in part.message.tool_calls or ()] == [
            {"a": 1},
            {"a": 2},
        ]


def test_a_call_that_is_cut_off_is_left_out() -> None:
    with scripted_service(engine_saying(CALLS)) as service, ollama.Client(service.url) as client:
        answer = client.chat("org/tiny", MESSAGES, tools=TOOLS, options={"num_predict": len(CALLS) - 20})
        assert answer.done_reason == "length"
        assert [call.function.arguments for call in answer.message.tool_calls or ()] == [{"a": 1}]


def test_results_answer_the_calls_before_them() -> None:
    with scripted_service(engine_saying("3")) as service, ollama.Client(service.url) as client:
        calls = [{"function": {"name": name, "arguments": {"a": 1}}} for name in ("add", "sub")]
        history: list[Any] = [
            *MESSAGES,
            {"role": "assistant", "thinking": "Hm", "tool_calls": calls},
            {"role": "tool", "content": "minus", "tool_name": "sub"},
            {"role": "tool", "content": "plus"},
            {"role": "tool", "content": "late", "tool_name": "f"},
        ]
        assert client.chat("org/tiny", history, tools=TOOLS).message.content == "3"
        prompt = service.engine.tokenizer.decode(service.engine.requests[-1].prompt)
        assert prompt.index("minus") < prompt.index("plus") < prompt.index("late")
        assert '{"name": "sub", "arguments": {"a": 1}}' in prompt


def test_a_model_that_does_not_think_says_so(hello: Scripted) -> None:
    with ollama.Client(hello.url) as client:
        assert client.chat("org/tiny", MESSAGES, think=False).message.content == "Hello"
        for think in (True, "low"):
            with pytest.raises(ollama.ResponseError, match="does not reason"):
                client.chat("org/tiny", MESSAGES, think=think)
        assert client.show("org/tiny").capabilities == ["completion", "tools"]
