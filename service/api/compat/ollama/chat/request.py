"""The body of ``POST /api/chat``."""

from typing import Annotated, Literal

from pydantic import Field

from service.api.compat.ollama.chat.messages import OllamaMessages, turns
from service.api.compat.ollama.fields import OllamaTextFields
from service.api.openapi.example_values import EXAMPLE_MODEL
from service.api.requests.conversation.tool_fields import ToolFields, tool_use
from service.api.requests.examples import request_examples
from service.tasks.conversation.conversation import Conversation
from service.tasks.conversation.formats.reasoning import ReasoningUse


class OllamaChatRequest(OllamaTextFields):
    """A conversation to answer."""

    messages: OllamaMessages | None = None
    tools: Annotated[ToolFields | None, Field(description="Functions that the model may call.")] = None
    think: Annotated[
        bool | Literal["low", "medium", "high"] | None, Field(description="Let the model think, and how much.")
    ] = None

    def conversation(self) -> Conversation:
        """The conversation to continue. Raises InvalidOption if the tools do not fit together."""
        think = self.think
        effort = None if think is None or isinstance(think, bool) else think
        return Conversation(
            messages=turns(self.messages or []),
            tools=tool_use(self.tools, None, parallel=None),
            reasoning=ReasoningUse(enabled=think if isinstance(think, bool) else None, effort=effort, param="think"),
        )


EXAMPLES = request_examples(
    OllamaChatRequest,
    stream={"model": EXAMPLE_MODEL, "messages": [{"role": "user", "content": "Why is the sky blue?"}]},
    tools={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "What time is it?"}],
        "tools": [{"type": "function", "function": {"name": "now", "description": "The time."}}],
        "stream": False,
    },
    json={
        "model": EXAMPLE_MODEL,
        "messages": [{"role": "user", "content": "Name a river, in JSON."}],
        "format": "json",
        "stream": False,
        "options": {"temperature": 0, "num_predict": 50},
    },
)
