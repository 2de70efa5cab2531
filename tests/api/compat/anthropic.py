"""What the tests of Anthropic's API share: bodies, scripted texts, and the events of a stream."""

import json
from typing import Any

import httpx

from service.tasks.text.chat_template import ChatTemplate
from service.tasks.text.tokenizer import Tokenizer
from tests.fakes.engine import ScriptedEngine
from tests.fakes.tokenizer import EOS, byte_library

WEATHER: dict[str, Any] = {
    "name": "get_weather",
    "description": "The weather in a city now.",
    "input_schema": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
        "additionalProperties": False,
    },
}
BODY: dict[str, Any] = {"max_tokens": 500, "messages": [{"role": "user", "content": "x"}]}
CALL = '<tool_call>\n{"name": "get_weather", "arguments": {"city": "Oslo"}}\n</tool_call>'
THOUGHTS = "<think>\nIt may rain.\n</think>\n\n"

# Writes every part of a message, and has the marks of reasoning.
_TEMPLATE = """\
{% for m in messages %}
{{ m.role }}: {% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}
{% endfor %}
{% if enable_thinking is defined %}thinking {{ enable_thinking }}
{% endif %}
{% if add_generation_prompt %}assistant: {% endif %}"""


def reasoning_engine(text: str, **info: Any) -> ScriptedEngine:
    """An engine of a model that may think before it answers."""
    library = byte_library()
    library.add_tokens(["<think>", "</think>"])
    engine = ScriptedEngine(text=text, vocab_size=library.get_vocab_size(), **info)
    engine.tokenizer = Tokenizer(library, eos_token_ids=[EOS], chat_template=ChatTemplate(_TEMPLATE, {}))
    return engine


def named_events(response: httpx.Response) -> list[dict[str, Any]]:
    """The events of a whole stream. Each has the name that its type says."""
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.isascii()
    *blocks, rest = response.text.split("\n\n")
    assert rest == ""
    events = []
    for block in blocks:
        name, data = block.split("\n")
        events.append(json.loads(data.removeprefix("data: ")))
        assert name == f"event: {events[-1]['type']}"
    return events


def prompt_of(engine: ScriptedEngine) -> str:
    """The prompt of the last request."""
    return engine.tokenizer.decode(engine.requests[-1].prompt)
