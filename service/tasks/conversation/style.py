"""How a model writes its turns, as far as its chat template shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from service.tasks.conversation.formats.reasoning import ReasoningFormat, reasoning_format
from service.tasks.conversation.formats.tool import Tool
from service.tasks.conversation.formats.tool_format import GENERIC, ToolFormat, tool_format
from service.tasks.conversation.prompt import generic_messages, template_messages
from service.tasks.text.chat_template import ChatTemplate, Message


@dataclass(frozen=True, slots=True)
class TurnStyle:
    """The formats of a model. ``shows_tools``: its template writes tools into the prompt, in a format that is known."""

    tools: ToolFormat
    shows_tools: bool
    reasoning: ReasoningFormat | None

    @classmethod
    def from_template(cls, template: ChatTemplate) -> Self:
        """The style of the model with this template."""
        format = tool_format(template.source) if "tools" in template.variables else None
        return cls(format or GENERIC, format is not None, reasoning_format(template.source))

    def messages(self, messages: Sequence[Message], tools: Sequence[Tool]) -> list[Message]:
        """The messages as the template takes them, with the tools unless the template shows them itself."""
        if self.shows_tools:
            return template_messages(messages, self.tools)
        return generic_messages(messages, tools)

    def variables(self, tools: Sequence[Tool]) -> dict[str, Any]:
        """The variables through which the template gets the tools."""
        return {"tools": [tool.declaration() for tool in tools]} if self.shows_tools and tools else {}
