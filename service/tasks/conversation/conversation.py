"""A conversation that the model continues with a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from service.tasks.conversation.formats.reasoning import MODELS_CHOICE, ReasoningUse
from service.tasks.conversation.formats.tool import NO_TOOLS, ToolUse
from service.tasks.text.chat_template import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Messages in OpenAI's shape, and what the next turn may be made of.

    The arguments of calls in ``messages`` are JSON texts. ``variables`` are passed to the chat template.
    """

    messages: Sequence[Message]
    tools: ToolUse = NO_TOOLS
    reasoning: ReasoningUse = MODELS_CHOICE
    variables: Mapping[str, Any] = field(default_factory=dict)
    param: str = "messages"  # the field that errors about the prompt name
    add_generation_prompt: bool = True
    continue_final_message: bool = False
