"""The fields of a body that make up its prompt. Both of Anthropic's routes have them."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from service.api.compat.anthropic.conversation.blocks import TextBlocks
from service.api.compat.anthropic.conversation.history import MessageFields, to_messages
from service.api.compat.anthropic.conversation.thinking import (
    ContextManagement,
    EffortName,
    Thinking,
    reasoning_use,
)
from service.api.compat.anthropic.conversation.tools import CustomTools, ToolChoice, tool_use
from service.api.requests.fields import MAX_TEXTS, ModelName, RequestModel, contradiction
from service.errors import InvalidOption
from service.tasks.conversation.conversation import Conversation
from service.tasks.structure.structure import Structure


class OutputFormat(RequestModel):
    """The text is JSON that validates against the schema."""

    model_config = ConfigDict(populate_by_name=True)

    type: Literal["json_schema"]
    schema_: Annotated[dict[str, Any], Field(alias="schema", max_length=MAX_TEXTS)]


class OutputConfig(RequestModel):
    """How much the model thinks, and the structure of its text."""

    effort: Annotated[EffortName | None, Field(description="How much the model thinks, if it reasons.")] = None
    format: OutputFormat | None = None


class PromptFields(RequestModel):
    """The conversation, the tools, and how to answer."""

    model: ModelName = None
    system: Annotated[TextBlocks | None, Field(description="A text, or blocks of text.")] = None
    messages: MessageFields
    tools: CustomTools | None = None
    tool_choice: ToolChoice | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    output_format: Annotated[OutputFormat | None, Field(description="The older name of output_config.format.")] = None
    context_management: ContextManagement | None = None
    speed: Literal["standard"] | None = None

    @model_validator(mode="after")
    def _one_format(self) -> "PromptFields":
        if self.output_format is not None and self.output_config is not None and self.output_config.format is not None:
            raise contradiction("output_format", "output_format and output_config.format exclude each other")
        return self

    @property
    def shows_thoughts(self) -> bool:
        """Whether the answer has what the model thought."""
        return self.thinking is None or self.thinking.display != "omitted"

    def structure(self) -> Structure | None:
        """The structure of the text, if one is asked for. Raises InvalidOption for a schema that is unusable."""
        if self.output_format is not None:
            return Structure.json_schema(self.output_format.schema_, "output_format.schema")
        if self.output_config is None or self.output_config.format is None:
            return None
        return Structure.json_schema(self.output_config.format.schema_, "output_config.format.schema")

    def conversation(self) -> Conversation:
        """The conversation to continue. Raises InvalidOption for parts that do not fit together."""
        messages = to_messages(self.system or (), self.messages, self._kept_thoughts)
        last = messages[-1]
        goes_on = last["role"] == "assistant"
        if goes_on and "tool_calls" in last:
            raise InvalidOption("messages: the calls of the last turn have no results", param="messages")
        effort = None if self.output_config is None else self.output_config.effort
        return Conversation(
            messages=messages,
            tools=tool_use(self.tools, self.tool_choice, self.messages),
            reasoning=reasoning_use(self.thinking, effort),
            continue_final_message=goes_on,
        )

    @property
    def _kept_thoughts(self) -> int | None:
        return None if self.context_management is None else self.context_management.kept_thoughts
